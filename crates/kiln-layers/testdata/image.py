"""Writes image.json: image layers with the numbers that they would draw given.

KERAS_BACKEND=jax python image.py > image.json   (Keras 3.15.1)
"""

import json

import numpy as np
from keras import layers, ops

rng = np.random.default_rng(11)


def pack(x):
    x = np.asarray(x)
    return {"shape": list(x.shape), "values": [float(f"{v:.7g}") for v in x.astype("float64").ravel()]}


def config(layer):
    return {k: v for k, v in layer.get_config().items() if k not in ("dtype", "name")}


def picture(*shape, high=255.0):
    return (rng.uniform(0, high, shape)).astype("float32")


cases = {}

# Sizes.
small, wide = picture(2, 4, 5, 2), picture(1, 3, 8, 1)
resizings = []
for x, size, options in [
    (small, (7, 3), {}),
    (small, (3, 9), {"interpolation": "nearest"}),
    (small, (6, 7), {"interpolation": "bicubic"}),
    (small, (3, 7), {"interpolation": "lanczos3"}),
    (small, (9, 4), {"interpolation": "lanczos5"}),
    (small, (2, 3), {"antialias": True}),
    (small, (2, 3), {"antialias": True, "interpolation": "bicubic"}),
    (wide, (4, 4), {"crop_to_aspect_ratio": True}),
    (wide, (4, 4), {"pad_to_aspect_ratio": True, "fill_value": 7.0}),
    (wide.transpose(0, 2, 1, 3), (4, 6), {"pad_to_aspect_ratio": True}),
]:
    layer = layers.Resizing(*size, **options)
    resizings.append({"config": config(layer), "x": pack(x), "y": pack(layer(x))})
cases["resizing"] = resizings
crops = []
for x, size in [(small, (2, 3)), (small, (3, 2)), (small, (6, 3)), (wide, (2, 4)), (wide, (5, 5))]:
    layer = layers.CenterCrop(*size)
    crops.append({"config": config(layer), "x": pack(x), "y": pack(layer(x))})
cases["center_crop"] = crops

# Warps.
x = picture(2, 5, 6, 2)
rotation, zoom = layers.RandomRotation(0.1), layers.RandomZoom(0.1)
translation, shear = layers.RandomTranslation(0.1, 0.1), layers.RandomShear(0.1, 0.1)
warps = []


def warp(kind, by, matrix, interpolation, fill_mode, fill_value=0.0):
    y = ops.image.affine_transform(x, matrix, interpolation=interpolation, fill_mode=fill_mode, fill_value=fill_value)
    by = [float(v) for v in np.asarray(by).ravel()]
    warps.append(
        {"kind": kind, "by": by, "interpolation": interpolation, "fill_mode": fill_mode, "fill_value": fill_value, "x": pack(x), "y": pack(y)}
    )


angles = np.array([0.35, -1.3], dtype="float32")
none, ones = np.zeros(2, "float32"), np.ones(2, "float32")
turns = rotation._compute_affine_matrix(
    center_x=0.5, center_y=0.5, angle=ops.convert_to_tensor(angles * 180 / np.pi), translate_x=none, translate_y=none,
    scale=ones, shear_x=none, shear_y=none, height=5, width=6,
)  # fmt: skip
zooms = np.array([[0.7, 1.4], [1.3, 0.9]], dtype="float32")
shifts = np.array([[1.3, -2.6], [-7.2, 3.1]], dtype="float32")
shears = np.array([[0.3, -0.2], [-0.4, 0.1]], dtype="float32")
free = np.array([[0.9, 0.2, -1.1, -0.3, 1.1, 0.7, 0, 0], [1.0, 0, 2.0, 0, 1.0, -1.0, 0, 0]], dtype="float32")
for interpolation in ("nearest", "bilinear"):
    for fill_mode in ("constant", "reflect", "wrap", "nearest"):
        warp("turn", angles, turns, interpolation, fill_mode, 5.0)
        warp("shift", shifts, translation._get_translation_matrix(shifts), interpolation, fill_mode, 5.0)
warp("zoom", zooms, zoom._get_zoom_matrix(ops.convert_to_tensor(zooms), 5, 6), "bilinear", "reflect")
warp("shear", shears, shear._get_shear_matrix(ops.convert_to_tensor(shears)), "bilinear", "reflect")
warp("transform", free, free, "bilinear", "constant")
start = np.array([[[0, 0], [5, 0], [0, 4], [5, 4]]] * 2, dtype="float32")
end = start + np.array([[[0.5, 0.3], [-0.7, 0.2], [0.4, -0.6], [-0.3, -0.2]], [[-0.5, -0.3], [0.7, 0.1], [0.2, 0.6], [-0.3, 0.9]]], dtype="float32")
for interpolation in ("nearest", "bilinear"):
    y = ops.image.perspective_transform(x, start, end, interpolation=interpolation, fill_value=5.0)
    warps.append(
        {
            "kind": "perspective", "start": start.ravel().tolist(), "end": [float(v) for v in end.ravel()],
            "interpolation": interpolation, "fill_mode": "constant", "fill_value": 5.0, "x": pack(x), "y": pack(y),
        }  # fmt: skip
    )
cases["warp"] = warps


# Colours.
def drawn(name, layer, x, numbers, transformation):
    y = layer.transform_images(ops.convert_to_tensor(x), transformation, training=True)
    case = {"config": config(layer), "draws": [float(v) for v in np.asarray(numbers).ravel()], "x": pack(x), "y": pack(y)}
    cases.setdefault(name, []).append(case)


rgb = picture(3, 3, 4, 3)
rgb[0, 0, 0] = 90.0
rgb[0, 0, 1] = 0.0
unit = picture(2, 3, 3, 3, high=1.0)
column = lambda v: ops.reshape(ops.convert_to_tensor(np.array(v, dtype="float32")), (-1, 1, 1, 1))
vector = lambda v: ops.convert_to_tensor(np.array(v, dtype="float32"))
drawn("random_brightness", layers.RandomBrightness(0.5), rgb, [0.1, -0.2, 0.4], {"rgb_delta": column([0.1 * 255, -0.2 * 255, 0.4 * 255])})
drawn("random_brightness", layers.RandomBrightness(0.5, value_range=(0, 1)), unit, [0.1, -0.2], {"rgb_delta": column([0.1, -0.2])})
drawn("random_contrast", layers.RandomContrast(0.5), rgb, [0.5, 1.2, 1.5], {"contrast_factor": column([0.5, 1.2, 1.5])})
drawn("random_contrast", layers.RandomContrast(0.5, value_range=(0, 1)), unit, [0.5, 1.5], {"contrast_factor": column([0.5, 1.5])})
drawn("random_hue", layers.RandomHue(0.5), rgb, [0.1, -0.25, 0.45], {"factor": vector([0.1, -0.25, 0.45])})
drawn("random_hue", layers.RandomHue(0.5, value_range=(0, 1)), unit, [0.3, -0.4], {"factor": vector([0.3, -0.4])})
f = np.array([0.2, 0.5, 0.8], dtype="float32")
drawn("random_saturation", layers.RandomSaturation(0.9, value_range=(0, 1)), rgb, f, {"factor": vector(f / (1 - f + 1e-7))})
drawn("random_saturation", layers.RandomSaturation(0.9, value_range=(0, 0.5)), unit, f[:2], {"factor": vector((f / (1 - f + 1e-7))[:2])})
drawn("random_color_degeneration", layers.RandomColorDegeneration(0.9), rgb, [0.2, 0.9, -0.5], {"factor": column([0.2, 0.9, -0.5])})
drawn("random_sharpness", layers.RandomSharpness(0.9), rgb, [0.1, 0.5, 0.9], {"factor": vector([0.1, 0.5, 0.9])})
drawn("random_sharpness", layers.RandomSharpness(0.9, value_range=(0, 1)), unit[..., :2], [0.1, 0.9], {"factor": vector([0.1, 0.9])})
drawn("random_invert", layers.RandomInvert(), rgb, [1, 0, 1], {"apply_inversion": vector([1, 0, 1]) > 0})
drawn("random_invert", layers.RandomInvert(value_range=(0, 1)), unit, [0, 1], {"apply_inversion": vector([0, 1]) > 0})
drawn("random_grayscale", layers.RandomGrayscale(), rgb, [1, 0, 1], column([1, 0, 1]) > 0)
drawn("random_grayscale", layers.RandomGrayscale(), rgb[..., :1], [1, 0, 1], column([1, 0, 1]) > 0)
shifts8 = ops.convert_to_tensor(np.array([5, 2, 0], dtype="uint8"))
drawn("random_posterization", layers.RandomPosterization(8), rgb, [3, 6, 8], {"shift_factor": shifts8})
drawn("random_posterization", layers.RandomPosterization(8, value_range=(0, 1)), unit, [3, 6], {"shift_factor": shifts8[:2]})
additions, thresholds = [0.0, 30.0, 80.0], [100.0, 255.0, 128.0]
both = {"additions": column(additions), "thresholds": column(thresholds)}
drawn("solarization", layers.Solarization(), rgb, additions + thresholds, both)
both = {"additions": column(additions[:2]), "thresholds": column(thresholds[:2])}
drawn("solarization", layers.Solarization(value_range=(0, 1)), unit, additions[:2] + thresholds[:2], both)
for kernel, sigma in [(3, (0.5, 0.9)), ((5, 3), (0.8, 0.3))]:
    blur = {"should_apply_blur": vector([1, 1, 1]) > 0, "blur_factor": vector(sigma)}
    drawn("random_gaussian_blur", layers.RandomGaussianBlur(kernel_size=kernel), rgb, [sigma[0]] * 3 + [sigma[1]] * 3, blur)


# Without random numbers.
def plain(name, layer, x):
    cases.setdefault(name, []).append({"config": config(layer), "x": pack(x), "y": pack(layer(x))})


flat = rgb.copy()
flat[1, ..., 0] = 9.0
plain("auto_contrast", layers.AutoContrast(), flat)
plain("auto_contrast", layers.AutoContrast(value_range=(0, 1)), unit)
plain("equalization", layers.Equalization(), np.floor(picture(1, 6, 6, 2) / 3))
plain("equalization", layers.Equalization(value_range=(0, 1), bins=16), picture(1, 5, 5, 1, high=0.5))
Clahe = layers.ContrastLimitedAdaptiveHistogramEqualization
plain("clahe", Clahe(tile_grid_size=(2, 3)), np.floor(picture(2, 8, 9, 2) / 2))
plain("clahe", Clahe(tile_grid_size=(3, 2), clip_limit=0.0, value_range=(0, 1)), picture(1, 7, 9, 1, high=0.6))

print(json.dumps(cases))
