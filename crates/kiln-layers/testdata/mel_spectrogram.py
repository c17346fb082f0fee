"""Writes mel_spectrogram.json: KERAS_BACKEND=jax python mel_spectrogram.py   (Keras 3.15.1)"""
from cases import case, write
from keras import layers


def mel(fft_length=32, sequence_stride=8, num_mel_bins=4, **options):
    layer = layers.MelSpectrogram(fft_length=fft_length, sequence_stride=sequence_stride, num_mel_bins=num_mel_bins, **options)
    c = case(layer, (2, 60))
    c["config"]["max_freq"] = float(c["config"]["max_freq"])
    return c


write(__file__, [
    mel(),
    mel(power_to_db=False, min_freq=100.0, sequence_stride=7),
    mel(power_to_db=False, mag_exp=1.0, sequence_length=20, window="hamming"),
    mel(power_to_db=False, mag_exp=1.5, sequence_length=21, window=None, fft_length=33),
    mel(sequence_length=16, window=[float(i % 5 + 1) for i in range(16)], max_freq=3000.0, sampling_rate=8000),
    mel(top_db=12.0, ref_power=-3.0, sampling_rate=11025),
    mel(min_power=4.0, top_db=200.0, num_mel_bins=5),
    mel(ref_power=0.0, min_power=0.01),
])
