from pathlib import Path
from keras import layers
from whole_cases import case, write

M = [[1, 1, 0, 0], [1, 1, 1, 0]]
N = [[0, 1, 1, 0], [0, 1, 1, 1]]
S, T = (2, 4, 3), (2, 1, 3)
for layer in (layers.Add, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum):
    case("three inputs", layer(), (2, 3), (2, 3), (2, 3))
    case("ranks and broadcasts", layer(), S, (2, 3), T)
    case("masks", layer(), S, S, masks=[M, N])
    case("three masks", layer(), S, S, S, masks=[M, N, M])
    case("one mask", layer(), S, S, masks=[M, None])
    case("second mask", layer(), S, S, S, masks=[None, N, M])
case("one input", layers.Add(), S, many=True)
case("two inputs", layers.Subtract(), S, T)
case("masks", layers.Subtract(), S, S, masks=[M, N])

CAT = layers.Concatenate
case("last axis", CAT(), (2, 3), (2, 2), (2, 1))
case("first axis of samples", CAT(axis=1), (2, 3, 2), (2, 1, 2))
case("from the end", CAT(axis=-2), (2, 3, 2), (2, 1, 2))
case("masks, last axis", CAT(), S, (2, 4, 1), masks=[M, N])
case("masks, steps", CAT(axis=1), S, S, masks=[M, N])
case("one mask, steps", CAT(axis=1), S, (2, 2, 3), masks=[M, None])
case("one mask, last axis", CAT(), S, S, masks=[None, N])

DOT = layers.Dot
case("vectors", DOT(1), (3, 4), (3, 4))
case("vectors, cosine", DOT(-1, normalize=True), (3, 4), (3, 4))
case("matrices", DOT((1, 2)), (2, 4, 2), (2, 3, 4))
case("matrices, cosine", DOT((2, 1), normalize=True), (2, 3, 4), (2, 4, 2))
case("vector and matrix", DOT((1, 2)), (2, 4), (2, 3, 4))
case("matrix and vector", DOT((1, 1)), (2, 4, 3), (2, 4))
case("negative", DOT(-1), (2, 3, 4), (2, 5, 4))
case("more axes", DOT((2, 1)), (2, 3, 4, 2), (2, 4, 3, 2))
case("masks", DOT((2, 2)), (2, 4, 3), (2, 4, 3), masks=[M, N])

write(Path(__file__).with_suffix(".json"))
