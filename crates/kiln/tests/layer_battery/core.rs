use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::new(Dense::new(3).activation("tanh").kernel_regularizer("l2").name("out").kernel_initializer("he_normal"), [5]),
        Row::new(Dense::new(2).kernel_constraint("non_neg").bias_constraint("max_norm"), [4, 5]),
        Row::new(Dense::new(2).activation(Activation::ReluWith { negative_slope: 0.1, max_value: Some(2.0), threshold: 0.0 }), [5]),
        Row::closure(Dense::new(2).activation(|x: Tensor| Ok(x.tanh() * 2.0)), &[&[5]]),
        Row::new(ActivationLayer::new("softmax"), [6]),
        Row::new(Embedding::new(7, 3).mask_zero(true).embeddings_regularizer("l2").embeddings_constraint("unit_norm"), [5])
            .integers(7)
            .of_rank(),
        Row::new(ReversibleEmbedding::new(7, 3).mask_zero(true).tie_weights(false).embeddings_constraint("unit_norm"), [5])
            .integers(7)
            .reads_partly()
            .of_rank(),
        Row::many(ReversibleEmbedding::new(7, 3).logit_soft_cap(2.0).embeddings_regularizer("l2"), &[&[5, 3], &[5, 3]])
            .reads_partly()
            .of_rank(),
        Row::many(ReversibleEmbedding::new(7, 3).tie_weights(false).reverse_dtype("float32"), &[&[3], &[3]]).reads_partly().of_rank(),
        Row::new(Masking::new().mask_value(0.5), [4, 3]),
        Row::new(Identity::new(), [2, 3]),
        Row::new(EinsumDense::new("ab,bc->ac", 3).activation("tanh").kernel_regularizer("l2").bias_axes("c"), [5]).of_rank(),
        Row::new(EinsumDense::new("abc,cde->abde", [None, Some(2), Some(3)]).bias_axes("de").bias_constraint("max_norm"), [4, 5]).of_rank(),
        Row::new(EinsumDense::new("...x,xy->...y", 3).kernel_initializer("he_normal"), [2, 2, 5]),
        Row::new(EinsumDense::new("ab...,bc->ac...", 3).bias_axes("c").activity_regularizer("l1"), [3, 2, 2]),
        Row::closure(Lambda::new(|x| Ok(x * 2.0)), &[&[6]]),
    ]
}
