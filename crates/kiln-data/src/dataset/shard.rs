//! `shard`: every n-th element, for one of n machines.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::slices::Rows;
use super::spec::ElementSpec;
use super::stage::{Before, Pass, Run, Stage};
use kiln_core::{Error, Result};

struct Shard<E: Element> {
    input: Dataset<E>,
    count: usize,
    index: usize,
}

impl<E: Element> Shard<E> {
    /// An error ends every shard, not only the one that it falls to.
    fn own<T: Send + 'static>(&self, input: Run<T>) -> Run<T> {
        let (count, index) = (self.count, self.index);
        Box::new(input.enumerate().filter(move |(i, item)| item.is_err() || i % count == index).map(|(_, item)| item))
    }
}

impl<E: Element> Stage<E> for Shard<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        self.own(self.input.run(pass))
    }

    fn rows(&self, pass: Pass) -> Option<Rows<E>> {
        Some(self.input.rows(pass)?.through(|rows| self.own(rows)))
    }

    fn cardinality(&self) -> Cardinality {
        self.input.cardinality().map(|n| n.saturating_sub(self.index).div_ceil(self.count.max(1)))
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn check(&self) -> Result<()> {
        match (self.count, self.index) {
            (0, _) => Err(Error::option("shard", "num_shards", "at least 1", 0)),
            (count, index) if index >= count => Err(Error::option("shard", "index", format!("below {count}"), index)),
            _ => Ok(()),
        }
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.stage.spec()
    }
}

impl<E: Element> Dataset<E> {
    /// The elements whose number leaves the rest `index` when divided by `num_shards`: the share of one of several machines. Put it
    /// before `shuffle`, or give that a seed.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let data = Dataset::range(0..8).shard(3, 1).batch(9);
    /// assert_eq!(data.iter().next().unwrap()?.to_vec::<i64>(), [1, 4, 7]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn shard(&self, num_shards: usize, index: usize) -> Self {
        Self::new(Shard { input: self.clone(), count: num_shards, index })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cardinality, Dataset};
    use kiln_core::Tensor;

    #[test]
    fn shards_make_the_whole() {
        let data = Dataset::from_tensor_slices(Tensor::range(0..10)).unwrap();
        let shard = |i| data.shard(4, i).iter().map(|x| x.unwrap().item()).collect::<Vec<_>>();
        assert_eq!([shard(0), shard(1), shard(2), shard(3)].map(|s| s.len()), [3, 3, 2, 2]);
        assert_eq!(shard(3), [3.0, 7.0]);
        assert!((0..4).all(|i| data.shard(4, i).cardinality() == Cardinality::Known(shard(i).len())));
        assert_eq!(data.shard(2, 2).check().unwrap_err().to_string(), "shard: `index` must be below 2, received 2");
        assert!(data.shard(0, 0).iter().next().unwrap().is_err());
    }
}
