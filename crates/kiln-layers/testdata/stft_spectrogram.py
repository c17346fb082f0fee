"""Writes stft_spectrogram.json: KERAS_BACKEND=jax python stft_spectrogram.py   (Keras 3.15.1)"""
from cases import case, write
from keras import layers

S = layers.STFTSpectrogram
X, FIRST = (2, 21, 2), (2, 2, 21)




write(__file__, [
    case(S(frame_length=6), X),
    case(S(mode="magnitude", frame_length=6, frame_step=2, fft_length=8, padding="same"), X),
    case(S(mode="psd", frame_length=5, frame_step=3, window="hamming", periodic=True), X),
    case(S(mode="real", frame_length=4, fft_length=4, scaling="spectrum", expand_dims=True), X),
    case(S(mode="imag", frame_length=4, scaling=None, window=None, expand_dims=True, data_format="channels_first"), FIRST),
    case(S(mode="angle", frame_length=6, window=[1.0, 2.0, 3.0, 3.0, 2.0, 1.0], data_format="channels_first"), FIRST),
    case(S(mode="stft", frame_length=6, padding="same", data_format="channels_first", expand_dims=True), FIRST),
    case(S(mode="stft", frame_length=6, padding="same"), X),
])
