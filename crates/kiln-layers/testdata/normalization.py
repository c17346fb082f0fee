from pathlib import Path
from keras import layers
from whole_cases import case, write

BN = layers.BatchNormalization
case("features, training", BN(), (5, 3), training=True)
case("features, inference", BN(), (5, 3))
case("images, training, options", BN(momentum=0.9, epsilon=1e-2, beta_regularizer="l2", gamma_regularizer="l1",
     gamma_constraint="max_norm", beta_constraint="non_neg"), (2, 3, 3, 2), training=True)
case("channels first, training", BN(axis=1), (2, 3, 2, 2), training=True)
case("channels first, inference", BN(axis=1), (2, 3, 2, 2))
case("middle axis, training", BN(axis=-2), (3, 4, 2), training=True)
case("no centre", BN(center=False), (4, 3), training=True)
case("no scale", BN(scale=False), (4, 3), training=True)
case("neither", BN(scale=False, center=False), (4, 3))
M = [[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]
case("mask, training", BN(), (3, 4, 2), masks=[M], training=True)
case("mask, channels first", BN(axis=1), (3, 4, 2), masks=[M], training=True)
case("mask, inference", BN(), (3, 4, 2), masks=[M])
case("renorm, training", BN(renorm=True), (5, 3), training=True)
case("renorm, clipped", BN(renorm=True, renorm_clipping={"rmax": 1.1, "rmin": 0.9, "dmax": 0.2}, renorm_momentum=0.8), (5, 3), training=True)
case("renorm, no scale, mask", BN(renorm=True, renorm_clipping={"rmax": 1.5}, scale=False), (3, 4, 2), masks=[M], training=True)
case("renorm, inference", BN(renorm=True), (5, 3))

LN = layers.LayerNormalization
case("last axis", LN(), (2, 4, 3))
case("two axes", LN(axis=[1, 2]), (2, 4, 3))
case("unsorted axes", LN(axis=[-1, 1]), (2, 4, 3), masks=[[[1, 1, 1, 0], [1, 1, 0, 0]]])
case("axes apart", LN(axis=[1, 3], epsilon=1e-2), (2, 2, 3, 2))
case("first axis", LN(axis=1), (2, 4, 3))
case("no centre", LN(center=False, gamma_regularizer="l2"), (2, 3))
case("no scale", LN(scale=False), (2, 3))
case("rms scaling", LN(rms_scaling=True), (2, 4, 3))

GN = layers.GroupNormalization
case("last axis", GN(2), (2, 3, 4))
case("one group", GN(1), (2, 3, 4), masks=[[[1, 1, 0], [1, 0, 0]]])
case("instance", GN(-1), (2, 3, 3, 2))
case("channels first", GN(2, axis=1, epsilon=1e-2), (2, 4, 3, 2))
case("middle", GN(3, axis=-2), (2, 2, 6, 2))
case("no centre", GN(2, center=False), (3, 4))
case("no scale", GN(2, scale=False), (3, 4))

RMS = layers.RMSNormalization
case("last axis", RMS(), (2, 4, 3), masks=[[[1, 1, 1, 0], [1, 1, 0, 0]]])
case("two axes", RMS(axis=[1, 2], epsilon=1e-2), (2, 4, 3))

UN = layers.UnitNormalization
case("last axis", UN(), (2, 4, 3), masks=[[[1, 1, 1, 0], [1, 1, 0, 0]]])
case("two axes", UN(axis=[1, 2]), (2, 4, 3))

SN = layers.SpectralNormalization
case("dense, training", SN(layers.Dense(3, kernel_regularizer="l2", activation="tanh")), (4, 5), training=True, assigns=True)
case("dense, three iterations", SN(layers.Dense(3, use_bias=False), power_iterations=3), (4, 5), training=True, assigns=True)
case("dense, inference", SN(layers.Dense(3)), (4, 5))
case("zero kernel", SN(layers.Dense(3)), (4, 5), training=True, assigns=True, weights={"layer/kernel": [[0.0] * 3] * 5})

write(Path(__file__).with_suffix(".json"))
