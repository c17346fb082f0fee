from patterns import case, write
from keras import layers as L

x1, x2, x3 = (2, 7, 3), (2, 7, 6, 2), (2, 5, 6, 4, 2)
f1, f2, f3 = (2, 3, 7), (2, 2, 7, 6), (2, 2, 5, 6, 4)
first = {"data_format": "channels_first"}
cases = []


def add(layer, shape):
    cases.append(case(layer, shape))


for one, two, three in (
    (L.MaxPooling1D, L.MaxPooling2D, L.MaxPooling3D),
    (L.AveragePooling1D, L.AveragePooling2D, L.AveragePooling3D),
):
    add(one(2), x1)
    add(one(3, strides=2, padding="same"), x1)
    add(one(4, strides=3, padding="same"), x1)
    add(one(2, strides=3, **first), f1)
    add(two(2), x2)
    add(two((3, 2), strides=(2, 3), padding="same"), x2)
    add(two(3, strides=1, padding="same"), x2)
    add(two(4, strides=3, padding="same"), x2)
    add(two((2, 3), strides=(1, 2), **first), f2)
    add(three(2), x3)
    add(three((3, 2, 4), strides=(2, 3, 1), padding="same"), x3)
    add(three(3, strides=2, padding="same"), x3)
    add(three((2, 3, 2), strides=1, **first), f3)
for one, two, three in (
    (L.GlobalMaxPooling1D, L.GlobalMaxPooling2D, L.GlobalMaxPooling3D),
    (L.GlobalAveragePooling1D, L.GlobalAveragePooling2D, L.GlobalAveragePooling3D),
):
    for layer, last, turned in ((one, x1, f1), (two, x2, f2), (three, x3, f3)):
        add(layer(), last)
        add(layer(keepdims=True), last)
        add(layer(**first), turned)
        add(layer(keepdims=True, **first), turned)
for one, two, three in (
    (L.AdaptiveMaxPooling1D, L.AdaptiveMaxPooling2D, L.AdaptiveMaxPooling3D),
    (L.AdaptiveAveragePooling1D, L.AdaptiveAveragePooling2D, L.AdaptiveAveragePooling3D),
):
    add(one(3), x1)
    add(one(5), x1)
    add(one(9), x1)
    add(one(1, **first), f1)
    add(two((3, 4)), x2)
    add(two(2), x2)
    add(two((5, 8), **first), f2)
    add(three((2, 4, 3)), x3)
    add(three((3, 1, 2), **first), f3)

write(__file__, cases)
