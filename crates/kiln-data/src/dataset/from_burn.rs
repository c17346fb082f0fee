//! Burn's own data sets and batchers as pipelines.

use super::Dataset;
use super::element::Element;
use burn::data::dataloader::batcher::Batcher;
use burn::data::dataset::Dataset as BurnDataset;
use kiln_core::{Device, Error, Result, Tensor};
use std::sync::Arc;

impl<E: Element> Dataset<E> {
    /// The items of one of Burn's data sets, in its order, each made into an element. Behind the feature `burn-dataset`.
    ///
    /// ```
    /// use burn::data::dataset::InMemDataset;
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let burns = InMemDataset::new(vec![(1.5f32, 0), (2.5, 1)]);
    /// let data = Dataset::from_burn(burns, |(x, y)| Ok((Tensor::constant(x), Tensor::constant(y)))).batch(2);
    /// assert_eq!(data.iter().next().unwrap()?.0.to_vec::<f32>(), [1.5, 2.5]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn from_burn<I, X, D>(dataset: D, element: impl Fn(I) -> Result<E> + Send + Sync + 'static) -> Self
    where
        I: 'static,
        X: std::error::Error + Send + Sync + 'static,
        D: BurnDataset<I, X> + 'static,
    {
        let count = dataset.len() as i64;
        Dataset::range(0..count).map(move |number| {
            let place = number.item() as usize;
            element(dataset.get(place).map_err(|error| failed(place, &error))?)
        })
    }

    /// Batches that one of Burn's batchers makes of the items with the numbers in each element of `order`, such as
    /// `Dataset::range(0..n).shuffle(n).batch(32)`. The batches are made on the host. Behind the feature `burn-dataset`.
    ///
    /// ```
    /// use burn::data::{dataloader::batcher::Batcher, dataset::InMemDataset};
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// struct Sum;
    /// impl Batcher<f32, f32> for Sum {
    ///     fn batch(&self, items: Vec<f32>, _: &burn::tensor::Device) -> f32 {
    ///         items.iter().sum()
    ///     }
    /// }
    /// let order = Dataset::range(0..4).batch(2);
    /// let data = Dataset::from_burn_batches(&order, InMemDataset::new(vec![1.0, 2.0, 3.0, 4.0]), Sum, |sum| Ok(Tensor::constant(sum)));
    /// let sums: Vec<f64> = data.iter().map(|x| Ok(x?.item())).collect::<Result<_, kiln_core::Error>>()?;
    /// assert_eq!(sums, [3.0, 7.0]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn from_burn_batches<I, O, X, D, B>(
        order: &Dataset<Tensor>,
        dataset: D,
        batcher: B,
        element: impl Fn(O) -> Result<E> + Send + Sync + 'static,
    ) -> Self
    where
        I: 'static,
        O: 'static,
        X: std::error::Error + Send + Sync + 'static,
        D: BurnDataset<I, X> + 'static,
        B: Batcher<I, O> + 'static,
    {
        let parts = Arc::new((dataset, batcher));
        order.map(move |numbers| {
            let (dataset, batcher) = &*parts;
            let item = |number: i64| match usize::try_from(number).ok().filter(|place| *place < dataset.len()) {
                Some(place) => dataset.get(place).map_err(|error| failed(place, &error)),
                None => Err(Error::option("from_burn_batches", "order", format!("numbers below {}", dataset.len()), number)),
            };
            let items = numbers.to_vec::<i64>().into_iter().map(item).collect::<Result<_>>()?;
            element(batcher.batch(items, Device::host().burn()))
        })
    }
}

fn failed(place: usize, error: &dyn std::error::Error) -> Error {
    Error::data("from_burn", format!("item {place}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cardinality;
    use burn::data::dataset::InMemDataset;

    #[test]
    fn items_and_batches_come_in_order() {
        let items = || InMemDataset::new((0..10).collect::<Vec<i32>>());
        let data = Dataset::from_burn(items(), |i: i32| Ok(Tensor::constant(i)));
        assert_eq!(data.cardinality(), Cardinality::Known(10));
        assert_eq!(data.batch(10).iter().next().unwrap().unwrap().to_vec::<i32>(), (0..10).collect::<Vec<_>>());
        struct Stack;
        impl Batcher<i32, Vec<i32>> for Stack {
            fn batch(&self, items: Vec<i32>, _: &burn::tensor::Device) -> Vec<i32> {
                items
            }
        }
        let order = Dataset::range(0..10).shuffle(10).seed(1).batch(4);
        let data = Dataset::from_burn_batches(&order, items(), Stack, |items| Ok(Tensor::constant(items)));
        let all = data.iter_epoch(0).flat_map(|x| x.unwrap().to_vec::<i32>()).collect::<Vec<_>>();
        assert_eq!(all, order.iter_epoch(0).flat_map(|x| x.unwrap().to_vec::<i32>()).collect::<Vec<_>>());
        let outside = Dataset::from_burn_batches(&Dataset::range(9..12).batch(2), items(), Stack, |items| Ok(Tensor::constant(items)));
        let error = outside.iter().next().unwrap().unwrap_err().to_string();
        assert_eq!(error, "from_burn_batches: `order` must be numbers below 10, received 10");
    }
}
