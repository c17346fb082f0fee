use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    let stft = |mode: &str| StftSpectrogram::new().mode(mode).frame_length(6);
    let mel = || MelSpectrogram::new().fft_length(16).sequence_stride(6).num_mel_bins(3);
    vec![
        Row::new(stft("magnitude").frame_step(2).window("hamming").periodic(true), [12, 2]).of_rank(),
        Row::new(stft("psd").padding("same").expand_dims(true), [12, 2]).of_rank(),
        Row::new(stft("stft").data_format("channels_first").fft_length(9), [2, 12]).of_rank(),
        Row::new(stft("real").data_format("channels_first").expand_dims(true), [2, 12]).of_rank(),
        Row::new(stft("imag").window(vec![1.0; 6]), [12, 1]).of_rank(),
        // The angle jumps at ±π, and the logarithm is steep near 0.
        Row::new(stft("angle"), [12, 1]).no_gradient().of_rank(),
        Row::new(stft("log"), [12, 1]).no_gradient().of_rank(),
        Row::new(mel().power_to_db(false).mag_exp(1.0).sequence_length(12).max_freq(4000.0), [30]).of_rank(),
        // Decibels are cut off below the loudest of the batch.
        Row::new(mel().top_db(20.0), [30]).whole_batch().no_gradient().of_rank(),
    ]
}
