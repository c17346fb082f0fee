from patterns import case, write
from keras import layers as L

x1, x2, x3 = (2, 9, 4), (2, 7, 6, 4), (2, 5, 6, 5, 2)
f1, f2, f3 = (2, 4, 9), (2, 4, 7, 6), (2, 2, 5, 6, 5)
first = {"data_format": "channels_first"}
cases = []


def add(layer, shape):
    cases.append(case(layer, shape))


add(L.Conv1D(3, 3), x1)
add(L.Conv1D(3, 4, strides=2, padding="same", activation="tanh"), x1)
add(L.Conv1D(3, 3, dilation_rate=2, padding="causal", use_bias=False), x1)
add(L.Conv1D(3, 3, strides=2, padding="causal"), x1)
add(L.Conv1D(6, 2, dilation_rate=3, padding="same", groups=2), x1)
add(L.Conv1D(3, 3, strides=3, **first), f1)
add(L.Conv2D(3, 3), x2)
add(L.Conv2D(3, (2, 3), strides=(2, 1), padding="same", activation="relu"), x2)
add(L.Conv2D(3, 3, strides=2, padding="same"), x2)
add(L.Conv2D(3, 4, strides=3, padding="same"), x2)
add(L.Conv2D(4, (3, 2), dilation_rate=(2, 3), padding="same", use_bias=False), x2)
add(L.Conv2D(4, 2, dilation_rate=(1, 2)), x2)
add(L.Conv2D(6, 3, groups=2, padding="same", activation="softmax", **first), f2)
add(L.Conv2D(4, (3, 2), strides=2, groups=4), x2)
add(L.Conv2D(5, 1), x2)
add(L.Conv3D(2, 2), x3)
add(L.Conv3D(2, (2, 3, 2), strides=(2, 1, 2), padding="same"), x3)
add(L.Conv3D(2, 2, dilation_rate=(2, 1, 2), padding="same", activation="tanh"), x3)
add(L.Conv3D(4, (1, 2, 3), groups=2, strides=2, **first), f3)

add(L.Conv1DTranspose(3, 3), (2, 5, 2))
add(L.Conv1DTranspose(3, 2, strides=3), (2, 5, 2))
add(L.Conv1DTranspose(3, 3, strides=2, padding="same", activation="tanh"), (2, 5, 2))
add(L.Conv1DTranspose(3, 4, strides=3, padding="same", output_padding=2, use_bias=False), (2, 5, 2))
add(L.Conv1DTranspose(3, 3, strides=3, output_padding=1, **first), (2, 2, 5))
add(L.Conv1DTranspose(2, 3, dilation_rate=2, padding="same"), (2, 5, 2))
add(L.Conv2DTranspose(3, 3), (2, 4, 3, 2))
add(L.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu"), (2, 4, 3, 2))
add(L.Conv2DTranspose(2, (4, 2), strides=(2, 3), padding="same"), (2, 4, 3, 2))
add(L.Conv2DTranspose(2, (2, 3), strides=(3, 2), output_padding=(2, 1)), (2, 4, 3, 2))
add(L.Conv2DTranspose(2, (2, 3), strides=(3, 2), padding="same", output_padding=(1, 0)), (2, 4, 3, 2))
add(L.Conv2DTranspose(2, 2, dilation_rate=(2, 3), use_bias=False), (2, 4, 3, 2))
add(L.Conv2DTranspose(2, 3, strides=2, **first), (2, 2, 4, 3))
add(L.Conv3DTranspose(2, 2), (2, 2, 3, 2, 2))
add(L.Conv3DTranspose(2, (3, 2, 3), strides=(2, 1, 2), padding="same"), (2, 2, 3, 2, 2))
add(L.Conv3DTranspose(2, 2, strides=3, output_padding=(1, 2, 0), activation="tanh", **first), (2, 2, 2, 1, 2))

add(L.DepthwiseConv1D(3), x1)
add(L.DepthwiseConv1D(4, strides=2, padding="same", depth_multiplier=2, activation="tanh"), x1)
add(L.DepthwiseConv1D(2, dilation_rate=3, use_bias=False, **first), f1)
add(L.DepthwiseConv2D(3), x2)
add(L.DepthwiseConv2D((2, 3), strides=2, padding="same", depth_multiplier=3), x2)
add(L.DepthwiseConv2D(2, dilation_rate=(2, 3), padding="same", activation="relu"), x2)
add(L.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False, **first), f2)
add(L.SeparableConv1D(3, 3), x1)
add(L.SeparableConv1D(3, 4, strides=2, padding="same", depth_multiplier=2, activation="tanh"), x1)
add(L.SeparableConv1D(3, 2, dilation_rate=3, use_bias=False, **first), f1)
add(L.SeparableConv2D(3, 3), x2)
add(L.SeparableConv2D(3, (2, 3), strides=2, padding="same", depth_multiplier=2), x2)
add(L.SeparableConv2D(3, 2, dilation_rate=(2, 3), padding="same", activation="relu"), x2)
add(L.SeparableConv2D(3, 3, use_bias=False, **first), f2)

write(__file__, cases)
