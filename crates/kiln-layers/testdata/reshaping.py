from cases import case, write
from keras import layers as L

x1, x2, x3 = (2, 5, 2), (2, 4, 5, 2), (2, 3, 4, 5, 1)
first = {"data_format": "channels_first"}
layers = [
    (L.Flatten(), x2),
    (L.Flatten(**first), x2),
    (L.Permute((2, 1)), x1),
    (L.Permute((3, 1, 2)), x2),
    (L.RepeatVector(3), (2, 4)),
    (L.Cropping1D(1), x1),
    (L.Cropping1D((0, 2)), x1),
    (L.Cropping2D(1), x2),
    (L.Cropping2D((0, 1)), x2),
    (L.Cropping2D(((1, 0), (2, 1)), **first), (2, 2, 4, 5)),
    (L.Cropping3D((1, 1, 2)), x3),
    (L.Cropping3D(((1, 0), (0, 2), (2, 0)), **first), (2, 1, 3, 4, 5)),
    (L.ZeroPadding1D(1), x1),
    (L.ZeroPadding1D((0, 2), **first), x1),
    (L.ZeroPadding2D(1), x2),
    (L.ZeroPadding2D((0, 2)), x2),
    (L.ZeroPadding2D(((1, 0), (2, 1)), **first), x2),
    (L.ZeroPadding3D((1, 0, 2)), x3),
    (L.ZeroPadding3D(((1, 0), (0, 2), (0, 1)), **first), x3),
    (L.UpSampling1D(3), x1),
    (L.UpSampling2D(2), x2),
    (L.UpSampling2D((2, 3), **first), x2),
    (L.UpSampling3D((2, 1, 3)), x3),
    (L.UpSampling3D((1, 2, 1), **first), x3),
]
for name in ("bilinear", "bicubic", "lanczos3", "lanczos5"):
    layers.append((L.UpSampling2D((2, 3), interpolation=name), (1, 4, 5, 2)))
    layers.append((L.UpSampling2D((4, 1), interpolation=name, **first), (1, 1, 7, 2)))
    layers.append((L.UpSampling2D((5, 2), interpolation=name), (1, 1, 12, 1)))

write(__file__, [case(layer, shape) for layer, shape in layers])
