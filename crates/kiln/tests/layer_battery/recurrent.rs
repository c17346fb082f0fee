use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    let states: &[&[usize]] = &[&[3], &[4], &[4]];
    let begun: &[&[usize]] = &[&[5, 3], &[4], &[4]];
    vec![
        Row::many(SimpleRnnCell::new(4).recurrent_regularizer("l2"), &states[..2]).of_rank(),
        Row::many(LstmCell::new(4).recurrent_activation("hard_sigmoid").bias_constraint("non_neg"), states).of_rank(),
        Row::many(GruCell::new(4).reset_after(false).recurrent_dropout(0.2), &states[..2]).of_rank(),
        Row::many(StackedRnnCells::new([GruCell::new(4).into(), SimpleRnnCell::new(4).into()]), states),
        Row::new(SimpleRnn::new(4).activation("softsign").dropout(0.3).recurrent_dropout(0.2), [5, 3]).of_rank(),
        Row::new(Lstm::new(4).return_sequences(true).dropout(0.3).seed(3).unit_forget_bias(false), [6, 3]).of_rank(),
        Row::many(Lstm::new(4).return_state(true).go_backwards(true).recurrent_dropout(0.1), begun).of_rank(),
        Row::new(Gru::new(4).return_sequences(true).return_state(true).kernel_regularizer("l1"), [5, 3]).of_rank(),
        Row::new(Gru::new(4).reset_after(false).use_bias(false).zero_output_for_mask(true), [5, 3]).of_rank(),
        Row::new(Lstm::new(3).stateful(true).activity_regularizer("l2"), [5, 3]).with_state().of_rank(),
        Row::new(Rnn::new(GruCell::new(3)).return_sequences(true), [5, 3]),
        Row::new(Rnn::new(StackedRnnCells::new([LstmCell::new(3).into(), GruCell::new(2).name("top").into()])).return_state(true), [4, 2]),
        Row::new(Bidirectional::new(Lstm::new(3).return_sequences(true).dropout(0.2)), [5, 2]).of_rank(),
        Row::many(Bidirectional::new(Gru::new(4).return_state(true)).merge_mode("none"), begun).of_rank(),
        Row::new(Bidirectional::new(SimpleRnn::new(2)).backward_layer(Gru::new(2).go_backwards(true)).merge_mode("mul"), [5, 2]).of_rank(),
        Row::new(TimeDistributed::new(Dense::new(3).activation("tanh").kernel_regularizer("l2")), [4, 2]),
        Row::new(TimeDistributed::new(Lstm::new(3).dropout(0.2)), [3, 4, 2]),
        Row::new(ConvLstm1d::new(2, 3).padding("same").return_sequences(true).dropout(0.2), [3, 5, 2]).of_rank(),
        Row::new(ConvLstm2d::new(2, [2, 3]).strides([1, 2]).recurrent_dropout(0.2).return_state(true), [3, 4, 5, 1]).of_rank(),
        Row::new(ConvLstm2d::new(2, 2).dilation_rate(2).data_format("channels_first").kernel_regularizer("l2"), [2, 1, 4, 4]).of_rank(),
        Row::new(ConvLstm3d::new(1, 2).use_bias(false).go_backwards(true), [2, 3, 3, 3, 1]).of_rank(),
    ]
}
