from pathlib import Path
from keras import layers
from whole_cases import case, write

M, S = [[1, 0], [1, 1]], (2, 2, 3)
# What they do in training is random; in inference they pass values and mask.
for layer in (
    layers.Dropout(0.4, noise_shape=(None, 1, 3), seed=7),
    layers.AlphaDropout(0.4, noise_shape=(None, 1, 3), seed=7),
    layers.GaussianDropout(0.4, seed=7),
    layers.GaussianNoise(0.4, seed=7),
    layers.SpatialDropout1D(0.4, seed=7),
):
    case("inference", layer, S, masks=[M])
case("inference", layers.SpatialDropout2D(0.4, data_format="channels_first"), (2, 2, 2, 3))
case("inference", layers.SpatialDropout3D(0.4, data_format="channels_last"), (2, 1, 2, 2, 3))

write(Path(__file__).with_suffix(".json"))
