//! `batch`: elements joined along a new first axis.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::padded::pad;
use super::spec::ElementSpec;
use super::stage::{Before, Pass, Run, Stage, StageOption};
use kiln_core::{Error, Result, Tensor};
use std::sync::Arc;

pub(crate) struct Batch<E: Element> {
    pub(crate) input: Dataset<E>,
    pub(crate) size: usize,
    pub(crate) drop_remainder: bool,
    /// What shorter elements are filled up with; without it, all must have one shape.
    pub(crate) padding: Option<f64>,
}

impl<E: Element> Stage<E> for Batch<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        let (size, drop_remainder) = (self.size, self.drop_remainder);
        if let Some(value) = self.padding {
            return joined(self.input.run(pass), size, drop_remainder, move |elements| pad(elements, value));
        }
        match self.input.rows(pass) {
            Some(rows) => rows.batches(size, drop_remainder),
            None => joined(self.input.run(pass), size, drop_remainder, stack),
        }
    }

    fn cardinality(&self) -> Cardinality {
        // A size of 0 is reported by `check`.
        let size = self.size.max(1);
        self.input.cardinality().map(|n| if self.drop_remainder { n / size } else { n.div_ceil(size) })
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn check(&self) -> Result<()> {
        match self.size {
            0 => {
                let who = if self.padding.is_some() { "padded_batch" } else { "batch" };
                Err(Error::option(who, "batch_size", "at least 1", 0))
            }
            _ => Ok(()),
        }
    }

    fn spec(&self) -> Result<ElementSpec> {
        let spec = self.input.stage.spec()?;
        let spec = if self.padding.is_some() { spec.opened() } else { spec };
        Ok(spec.batched(self.drop_remainder.then_some(self.size)))
    }

    fn with(&self, option: StageOption) -> Option<Arc<dyn Stage<E>>> {
        let (drop_remainder, padding) = match option {
            StageOption::DropRemainder(yes) => (yes, self.padding),
            StageOption::PaddingValue(value) if self.padding.is_some() => (self.drop_remainder, Some(value)),
            _ => return None,
        };
        Some(Arc::new(Self { input: self.input.clone(), size: self.size, drop_remainder, padding }))
    }
}

/// Every `size` elements made into one batch by `join`.
fn joined<E: Element>(mut input: Run<E>, size: usize, drop_remainder: bool, join: impl Fn(&[E]) -> Result<E> + Send + 'static) -> Run<E> {
    Box::new(std::iter::from_fn(move || {
        let elements: Result<Vec<E>> = input.by_ref().take(size).collect();
        match elements {
            Err(error) => Some(Err(error)),
            Ok(elements) if elements.is_empty() || (drop_remainder && elements.len() < size) => None,
            Ok(elements) => Some(join(&elements)),
        }
    }))
}

/// One batch of `elements`, of which there is at least one.
pub(super) fn stack<E: Element>(elements: &[E]) -> Result<E> {
    let parts: Vec<Vec<&Tensor>> = elements.iter().map(E::tensors).collect();
    let width = parts.first().map_or(0, Vec::len);
    if let Some(odd) = parts.iter().find(|p| p.len() != width) {
        return Err(Error::data("batch", format!("expected elements of {width} tensors, received one of {}", odd.len())));
    }
    let spec = elements.first().map_or(ElementSpec::List(Vec::new()), E::spec);
    // Types of a fixed width have one form.
    if E::WIDTH.is_none()
        && let Some(odd) = elements.iter().map(E::spec).find(|other| !other.same_form(&spec))
    {
        return Err(Error::shape("batch", format!("elements of one form {spec}"), odd));
    }
    let column = |i: usize| {
        let first = parts[0][i];
        match parts.iter().map(|p| p[i]).find(|t| t.shape() != first.shape() || t.dtype() != first.dtype()) {
            Some(odd) => Err(Error::shape("batch", format!("elements of one {}", first.describe()), odd.describe())
                .hint("bring them to one shape and dtype with `map` before `batch`")),
            None => Tensor::stack(parts.iter().map(|p| p[i]), 0),
        }
    };
    E::from_spec(&spec, (0..width).map(column).collect::<Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use crate::{Cardinality, Dataset};
    use kiln_core::Tensor;

    type Pair = (Tensor, Tensor);
    /// Shape and values of both tensors.
    type Content = [(Vec<usize>, Vec<f32>); 2];
    type Pipeline = fn(&Dataset<Pair>) -> Dataset<Pair>;

    fn pairs(n: usize) -> Dataset<Pair> {
        let x = Tensor::range(0..3 * n as i32).reshape([-1, 3]).unwrap().to_float();
        let y = Tensor::from_vec((0..n).map(|i| i as u8).collect(), [n]).unwrap();
        Dataset::from_tensor_slices((x, y)).unwrap()
    }

    fn batches(data: &Dataset<Pair>) -> Vec<Content> {
        let describe = |(x, y): Pair| [(x.shape(), x.to_vec()), (y.shape(), y.to_vec())];
        data.iter_epoch(2).map(|pair| describe(pair.unwrap())).collect()
    }

    #[test]
    fn the_last_batch_is_smaller_or_dropped() {
        let data = pairs(10).batch(4);
        assert_eq!(data.cardinality(), Cardinality::Known(3));
        let shapes: Vec<_> = batches(&data).into_iter().map(|[x, y]| (x.0, y.0)).collect();
        assert_eq!(shapes, [(vec![4, 3], vec![4]), (vec![4, 3], vec![4]), (vec![2, 3], vec![2])]);
        let data = data.drop_remainder(true);
        assert_eq!((data.cardinality(), batches(&data).len()), (Cardinality::Known(2), 2));
    }

    #[test]
    fn gathered_rows_equal_stacked_rows() {
        // A map that changes nothing takes the way without row numbers.
        let pipelines: [Pipeline; 5] = [
            |d| d.clone(),
            |d| d.shuffle(23).seed(4),
            |d| d.shuffle(5).seed(4).repeat(2).skip(3).take(17),
            |d| d.take(9).repeat(3).shuffle(7).seed(1),
            |d| d.skip(30),
        ];
        for (i, pipeline) in pipelines.iter().enumerate() {
            let fast = pipeline(&pairs(23)).batch(4);
            let slow = pipeline(&pairs(23).map(Ok)).batch(4);
            assert_eq!(batches(&fast), batches(&slow), "pipeline {i}");
            assert_eq!(fast.cardinality(), slow.cardinality());
            assert_eq!(fast.cardinality(), Cardinality::Known(batches(&fast).len()));
        }
    }

    #[test]
    fn batches_of_batches_and_repeats_across_batches() {
        let data = pairs(6).batch(2).batch(2);
        assert_eq!(batches(&data).iter().map(|[x, _]| x.0.clone()).collect::<Vec<_>>(), [vec![2, 2, 3], vec![1, 2, 3]]);
        // Batching after a repetition crosses its border, as in tf.data; before it, it doesn't.
        let sizes = |d: &Dataset<Pair>| batches(d).iter().map(|[_, y]| y.0[0]).collect::<Vec<_>>();
        assert_eq!(sizes(&pairs(5).repeat(2).batch(4)), [4, 4, 2]);
        assert_eq!(sizes(&pairs(5).batch(4).repeat(2)), [4, 1, 4, 1]);
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(pairs(3).batch(0).check().unwrap_err().to_string(), "batch: `batch_size` must be at least 1, received 0");
        assert!(pairs(3).batch(0).iter().next().unwrap().is_err());
        let ragged = pairs(4).map(|(x, y)| if y.item() == 2.0 { Ok(x.slice([(..2).into()])?) } else { Ok(x) }).batch(4);
        assert_eq!(
            ragged.iter().next().unwrap().unwrap_err().to_string(),
            "batch: expected elements of one shape (3,) of float32, received shape (2,) of float32; \
             bring them to one shape and dtype with `map` before `batch`"
        );
        let error = pairs(3).take(2).drop_remainder(true).check().unwrap_err();
        assert_eq!(
            error.to_string(),
            "Dataset: `drop_remainder` must follow `batch` directly; write `.batch(n).drop_remainder(…)` before the next stage"
        );
    }
}
