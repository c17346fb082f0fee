//! `map` and `filter`: a function on each element.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::spec::{self, ElementSpec};
use super::stage::{Before, Pass, Run, Stage, guarded};
use kiln_core::Result;
use std::sync::Arc;

pub(crate) struct Map<E: Element, F> {
    pub(crate) input: Dataset<E>,
    pub(crate) function: Arc<F>,
}

impl<E, E2, F> Stage<E2> for Map<E, F>
where
    E: Element,
    E2: Element,
    F: Fn(E) -> Result<E2> + Send + Sync + 'static,
{
    fn run(&self, pass: Pass) -> Run<E2> {
        let function = self.function.clone();
        Box::new(self.input.run(pass).map(move |element| element.and_then(|element| guarded("map", || function(element)))))
    }

    fn cardinality(&self) -> Cardinality {
        self.input.cardinality()
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn spec(&self) -> Result<ElementSpec> {
        spec::mapped(&self.input, |element| guarded("map", || (self.function)(element)))
    }
}

pub(crate) struct Filter<E: Element, F> {
    pub(crate) input: Dataset<E>,
    pub(crate) predicate: Arc<F>,
}

impl<E, F> Stage<E> for Filter<E, F>
where
    E: Element,
    F: Fn(&E) -> Result<bool> + Send + Sync + 'static,
{
    fn run(&self, pass: Pass) -> Run<E> {
        let predicate = self.predicate.clone();
        Box::new(self.input.run(pass).filter_map(move |element| match element {
            Ok(element) => match guarded("filter", || predicate(&element)) {
                Ok(true) => Some(Ok(element)),
                Ok(false) => None,
                Err(error) => Some(Err(error)),
            },
            Err(error) => Some(Err(error)),
        }))
    }

    fn cardinality(&self) -> Cardinality {
        Cardinality::Unknown
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.stage.spec()
    }
}

#[cfg(test)]
mod tests {
    use crate::Dataset;
    use kiln_core::{Error, Tensor};

    #[test]
    fn a_map_may_change_the_type() {
        let (x, y) = (Tensor::constant([[255u8, 0], [0, 51]]), Tensor::constant([1, 0]));
        let data = Dataset::from_tensor_slices((&x, &y)).unwrap();
        let scaled = data.map(|(x, y)| Ok((x / 255.0, y)));
        assert_eq!(scaled.iter().nth(1).unwrap().unwrap().0.to_vec::<f32>(), [0.0, 0.2]);
        let only_x = scaled.map(|(x, _)| Ok(x)).batch(2);
        assert_eq!(only_x.iter().next().unwrap().unwrap().shape(), [2, 2]);
    }

    #[test]
    fn an_error_comes_out_where_it_arose_and_ends_the_pass() {
        let data = Dataset::from_tensor_slices(Tensor::range(0..5)).unwrap();
        let failing = data.map(|x| if x.item() == 2.0 { Err(Error::custom("no twos")) } else { Ok(x) });
        let results: Vec<_> = failing.iter().collect();
        assert_eq!(results.len(), 3);
        assert_eq!(results[2].as_ref().unwrap_err().to_string(), "no twos");
        assert!(failing.batch(2).prefetch(1).iter().nth(1).unwrap().is_err());
    }

    #[test]
    fn a_filter_keeps_what_it_is_told() {
        let data = Dataset::from_tensor_slices(Tensor::range(0..6)).unwrap().filter(|x| Ok(x.item() % 2.0 == 0.0));
        assert_eq!(data.batch(9).iter().next().unwrap().unwrap().to_vec::<i32>(), [0, 2, 4]);
    }
}
