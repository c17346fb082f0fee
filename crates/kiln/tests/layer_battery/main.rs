//! One row for each layer, and the same questions to all of them. The rows of a room of `kiln-layers` are in the module of its name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod activations;
mod attention;
mod convolutional;
mod core;
mod gradients;
mod merging;
mod normalization;
mod pooling;
mod preprocessing;
mod recurrent;
mod regularization;
mod reshaping;
mod row;

use gradients::gradients_agree;
use kiln::core::random::Stream;
use kiln::core::{AnyLayer, Context};
use kiln::prelude::*;
use row::Row;

fn rows() -> Vec<Row> {
    [
        activations::rows(),
        attention::rows(),
        convolutional::rows(),
        core::rows(),
        merging::rows(),
        normalization::rows(),
        pooling::rows(),
        preprocessing::rows(),
        recurrent::rows(),
        regularization::rows(),
        reshaping::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What is exported, but is no layer of its own.
const NO_LAYERS: [&str; 5] = ["Input", "BurnModule", "Axes", "Sizes", "RenormClipping"];

/// Where Keras exports a class under another name.
const OTHER_NAMES: [(&str, &str); 1] = [("GroupQueryAttention", "GroupedQueryAttention")];

#[test]
fn no_layer_is_missing() {
    let listed = include_str!("../../../kiln-layers/src/lib.rs");
    let exports: Vec<&str> = listed.split("pub use").skip(1).filter_map(|text| text.split(';').next()).collect();
    let words = exports.iter().flat_map(|l| l.split(|c: char| !c.is_alphanumeric()));
    let classes: Vec<&str> = words.filter(|w| w.starts_with(char::is_uppercase) && !NO_LAYERS.contains(w)).collect();
    assert!(classes.contains(&"Dense"));
    for name in classes {
        // Rust spells `Conv2D` as `Conv2d`.
        let class = OTHER_NAMES.iter().find(|(exported, _)| *exported == name).map_or(name, |(_, class)| class);
        let found = rows().iter().any(|r| r.layer.class().eq_ignore_ascii_case(class));
        assert!(found, "`{name}` has no row in the battery");
    }
}

#[test]
fn outputs_have_the_promised_shapes() {
    for row in rows() {
        let y = row.call(&row.module(), &row.inputs(), &Context::inference());
        let promised = row.layer.output_shapes(&row.shapes()).unwrap();
        assert_eq!(promised.len(), y.len(), "{row}");
        for (promised, y) in promised.iter().zip(&y) {
            assert!(promised.fits(&y.shape()), "{row}: {promised} promised, {:?} given", y.shape());
        }
    }
}

#[test]
fn a_batch_is_its_samples() {
    for row in rows().iter().filter(|r| r.by_sample) {
        let (module, inputs) = (row.module(), row.inputs());
        let all = row.call(&module, &inputs, &Context::inference());
        let one = |i: usize| -> Vec<Tensor> {
            let inputs: Vec<Tensor> = inputs.iter().map(|x| x.rows(i..i + 1).unwrap()).collect();
            row.call(&module, &inputs, &Context::inference())
        };
        let singles: Vec<Vec<Tensor>> = (0..row::BATCH).map(one).collect();
        for (k, y) in all.iter().enumerate() {
            let parts: Vec<Tensor> = singles.iter().map(|outputs| outputs[k].clone()).collect();
            let gap = (Tensor::concat(&parts, 0).unwrap().to_float() - y.clone().to_float()).abs().max().item();
            assert!(gap < 1e-5, "{row}: batch and singles differ by {gap}");
        }
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    rows().iter().filter(|r| r.differentiable).for_each(gradients_agree);
}

#[test]
fn inference_is_quiet() {
    for row in rows() {
        let (module, inputs) = (row.module(), row.inputs());
        let cx = Context::inference();
        let once = row.call(&module, &inputs, &cx);
        let again = row.call(&module, &inputs, &cx);
        for (a, b) in once.iter().zip(&again) {
            assert_eq!(a.to_vec::<f32>(), b.to_vec::<f32>(), "{row}");
        }
        assert!(row.stateful || cx.take_updates().is_empty(), "{row} changes its state in inference");
    }
}

#[test]
fn training_repeats_with_its_random_numbers() {
    for row in rows() {
        let (module, inputs) = (row.module(), row.inputs());
        let once = row.call(&module, &inputs, &Context::training(Stream::new(3)));
        let again = row.call(&module, &inputs, &Context::training(Stream::new(3)));
        for (a, b) in once.iter().zip(&again) {
            assert_eq!(a.to_vec::<f32>(), b.to_vec::<f32>(), "{row}");
        }
    }
}

#[test]
fn descriptions_survive_json_with_keras_keys() {
    for row in rows() {
        let Some(round) = &row.round_trip else {
            assert!(row.layer.config().is_err(), "{row} holds a closure that can't be written");
            continue;
        };
        let config = row.layer.config().unwrap();
        let back = round(&config).unwrap_or_else(|e| panic!("{row}: {config}: {e}"));
        assert_eq!(back.config().unwrap(), config, "{row}");
        for key in config.as_object().unwrap().keys() {
            assert!(key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{row}: `{key}`");
        }
    }
}

#[test]
fn wrong_ranks_are_errors_that_name_the_layer() {
    for row in rows().iter().filter(|r| r.rank_matters) {
        let too_deep = Shape::batch_of([2; 7]);
        let error = row.layer.output_shapes(&vec![too_deep; row.shapes().len()]).unwrap_err().to_string();
        assert!(error.contains(row.layer.class()), "{row}: {error}");
    }
}

#[test]
fn names_and_freezing_are_common_to_all() {
    for row in rows() {
        let frozen: AnyLayer = row.layer.frozen(true);
        assert!(!frozen.options().trainable, "{row}");
    }
}
