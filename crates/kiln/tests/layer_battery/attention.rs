use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    let heads = || MultiHeadAttention::new(2, 3);
    vec![
        Row::many(Attention::new(), &[&[3, 4], &[5, 4]]).of_rank(),
        Row::many(Attention::new().use_scale(true).return_attention_scores(true).use_causal_mask(true), &[&[3, 4], &[5, 2], &[5, 4]]),
        Row::many(Attention::new().score_mode("concat").use_scale(true).dropout(0.3).seed(1), &[&[3, 4], &[5, 4]]).of_rank(),
        Row::many(AdditiveAttention::new(), &[&[3, 4], &[5, 4]]).of_rank(),
        Row::many(AdditiveAttention::new().use_scale(false).dropout(0.3).return_attention_scores(true), &[&[3, 4], &[5, 4], &[5, 4]]),
        Row::many(heads().kernel_regularizer("l2").bias_constraint("max_norm"), &[&[3, 4], &[5, 4]]).of_rank(),
        Row::many(heads().value_dim(2).output_shape([2, 5]).use_gate(true).use_bias(false), &[&[3, 4], &[5, 2], &[5, 3]]).of_rank(),
        Row::many(heads().attention_axes(2).dropout(0.2).return_attention_scores(true), &[&[2, 3, 4], &[2, 4, 4]]).of_rank(),
        Row::many(heads().use_causal_mask(true).sliding_window(2).activity_regularizer("l1"), &[&[3, 4], &[3, 4]]).of_rank(),
        // The last input is a mask, which has no gradient.
        Row::many(heads().attention_mask(true), &[&[3, 4], &[5, 4], &[3, 5]]).no_gradient(),
        Row::many(GroupQueryAttention::new(3, 4, 2), &[&[3, 4], &[5, 4]]).of_rank(),
        Row::many(GroupQueryAttention::new(2, 2, 1).use_gate(true).return_attention_scores(true).dropout(0.5), &[&[3, 4], &[5, 4]])
            .of_rank(),
    ]
}
