from pathlib import Path
from keras import layers
from whole_cases import case, write

M = [[1, 1, 0, 0], [1, 1, 1, 0]]
R, S = layers.ReLU, (2, 4, 3)
case("plain", R(), S, masks=[M])
case("ceiling", R(max_value=0.5), S)
case("six", R(max_value=6), (3, 5), scale=5.0)
case("slope", R(negative_slope=0.2), S)
case("slope and ceiling", R(negative_slope=0.2, max_value=0.5), S)
case("threshold", R(threshold=0.4), S)
case("all", R(negative_slope=0.2, max_value=0.9, threshold=0.4), S)

case("plain", layers.LeakyReLU(), S, masks=[M])
case("slope", layers.LeakyReLU(negative_slope=0.1), S)
case("plain", layers.ELU(), S, masks=[M])
case("alpha", layers.ELU(alpha=0.5), S, extra={"alpha": 0.5})

P = layers.PReLU
case("plain", P(alpha_regularizer="l2", alpha_constraint="non_neg"), S, masks=[M])
case("shared", P(shared_axes=[1]), S)
case("shared, two", P(shared_axes=[1, 2]), (2, 2, 3, 2))

SM = layers.Softmax
case("plain", SM(), S)
case("axis", SM(axis=1), S)
case("two axes", SM(axis=[1, 2]), S)
case("one axis in a list", SM(axis=[-2]), S)
case("mask", SM(), (2, 4), masks=[M])
case("mask, all hidden", SM(), (2, 4), masks=[[[1, 0, 1, 0], [0, 0, 0, 0]]])
case("mask, two axes", SM(axis=[1, 2]), (1, 2, 4), masks=[[M]])

write(Path(__file__).with_suffix(".json"))
