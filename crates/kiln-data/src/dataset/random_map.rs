//! `random_map` and `augment`: a function on each element that is given random numbers of the element's own.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::par_map::on_threads;
use super::spec::{self, ElementSpec};
use super::stage::{Before, Pass, Run, Stage, StageOption, guarded};
use kiln_core::build::Build;
use kiln_core::random::Stream;
use kiln_core::value::{one, only};
use kiln_core::{AnyLayer, AnyModule, Context, Error, Result, Shape, Tensor};
use std::sync::{Arc, Mutex};

struct RandomMap<E: Element, F> {
    input: Dataset<E>,
    function: Arc<F>,
    threads: usize,
    seed: Option<u64>,
}

const WHO: &str = "random_map";

impl<E, E2, F> Stage<E2> for RandomMap<E, F>
where
    E: Element,
    E2: Element,
    F: Fn(E, Stream) -> Result<E2> + Send + Sync + 'static,
{
    fn run(&self, pass: Pass) -> Run<E2> {
        // Number i of the pass has the i-th stream, whichever thread takes it.
        let stream = pass.stream(self.seed, true).named(WHO);
        let numbered = self.input.run(pass.before()).enumerate();
        let input: Run<(E, Stream)> = Box::new(numbered.map(move |(i, element)| Ok((element?, stream.child(i as u64)))));
        let function = self.function.clone();
        on_threads(input, &Arc::new(move |(element, stream)| function(element, stream)), self.threads, WHO)
    }

    fn cardinality(&self) -> Cardinality {
        self.input.cardinality()
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn draws(&self) -> bool {
        self.seed.is_none() || self.input.draws()
    }

    fn spec(&self) -> Result<ElementSpec> {
        spec::mapped(&self.input, |element| guarded(WHO, || (self.function)(element, Stream::new(0))))
    }

    fn with(&self, option: StageOption) -> Option<Arc<dyn Stage<E2>>> {
        let StageOption::Seed(seed) = option else { return None };
        let (input, function) = (self.input.clone(), self.function.clone());
        Some(Arc::new(Self { input, function, threads: self.threads, seed: Some(seed) }))
    }
}

/// A layer that is built when the first picture shows its shape.
struct Applied {
    layer: AnyLayer,
    built: Mutex<Option<(Vec<usize>, Arc<AnyModule>)>>,
}

impl Applied {
    fn change(&self, pictures: Tensor, stream: Stream) -> Result<Tensor> {
        let single = match pictures.rank() {
            3 => true,
            4 => false,
            _ => {
                let expected = "pictures of shape (height, width, channels), or a batch of them, as the first tensor";
                return Err(Error::shape("augment", expected, pictures.describe()));
            }
        };
        let pictures = if single { pictures.expand_dims(0)? } else { pictures };
        let module = self.module(&pictures)?;
        let changed = module.call(one(pictures), &Context::training(stream)).and_then(|values| only("augment", values))?.tensor;
        if single { changed.squeeze(0) } else { Ok(changed) }
    }

    fn module(&self, pictures: &Tensor) -> Result<Arc<AnyModule>> {
        let shape = pictures.shape().split_off(1);
        let mut built = self.built.lock().map_err(|_| Error::order("augment", "a call before has failed"))?;
        match &*built {
            Some((known, module)) if *known == shape => Ok(module.clone()),
            _ => {
                let module = self.layer.build(&[Shape::batch_of(&shape)], &Build::new(&pictures.device(), Stream::new(0)))?;
                let module = Arc::new(module);
                *built = Some((shape, module.clone()));
                Ok(module)
            }
        }
    }
}

impl<E: Element> Dataset<E> {
    /// [`Dataset::par_map`] with random numbers: the function gets a [`Stream`] of the element's own. It depends on the seed, the epoch
    /// and the element's place in the pass alone, so the elements are the same, bit for bit, whatever the number of threads, and others in
    /// the next epoch. [`Dataset::seed`] may follow; without it, the seed of [`kiln_core::set_random_seed`] counts.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let noisy = Dataset::range(0..100).random_map(2, |x, random| Ok(x.to_float() + random.gauss(0))).seed(3);
    /// let epoch = |e| noisy.iter_epoch(e).map(|x| x.unwrap().item()).collect::<Vec<_>>();
    /// assert!(epoch(0) == epoch(0) && epoch(0) != epoch(1));
    /// ```
    pub fn random_map<E2: Element>(
        &self,
        threads: usize,
        function: impl Fn(E, Stream) -> Result<E2> + Send + Sync + 'static,
    ) -> Dataset<E2> {
        Dataset::new(RandomMap { input: self.clone(), function: Arc::new(function), threads, seed: None })
    }

    /// Changes pictures by a layer as in training: by `RandomFlip`, `RandAugment`, a `Pipeline` of several … . The first tensor of an
    /// element holds them, one picture (height, width, channels) or a batch; the others stay as they are. The random numbers are those of
    /// [`Dataset::random_map`]: the same for any number of threads, others in each epoch. [`Dataset::seed`] may follow.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// use kiln_layers::RandomFlip;
    /// let (x, y) = (Tensor::random_uniform([8, 6, 6, 3], 0.0, 255.0), Tensor::range(0..8));
    /// let data = Dataset::from_tensor_slices((&x, &y))?.augment(2, RandomFlip::new("horizontal")).seed(1).batch(4);
    /// assert_eq!(data.iter().next().unwrap()?.0.shape(), [4, 6, 6, 3]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn augment(&self, threads: usize, layer: impl Into<AnyLayer>) -> Self {
        let applied = Applied { layer: layer.into(), built: Mutex::default() };
        self.random_map(threads, move |element: E, stream| {
            let mut tensors: Vec<Tensor> = element.tensors().into_iter().cloned().collect();
            let Some(first) = tensors.first_mut() else {
                return Err(Error::data("augment", "an element has no tensor"));
            };
            *first = applied.change(first.clone(), stream)?;
            E::from_spec(&element.spec(), tensors)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_layers::{Pipeline, RandAugment, RandomBrightness, RandomCrop, RandomFlip, RandomRotation};

    #[test]
    fn augmented_pictures_are_alike_on_any_number_of_threads() {
        let x = Tensor::from_vec((0..24 * 8 * 8 * 3).map(|i| (i * 37 % 251) as u8).collect(), [24, 8, 8, 3]).unwrap();
        let pictures = Dataset::from_tensor_slices((&x, &Tensor::range(0..24))).unwrap().shuffle(24).seed(4);
        let layers: [AnyLayer; 6] = [
            RandomFlip::new("horizontal").into(),
            RandomRotation::new(0.2).into(),
            RandomBrightness::new(0.3).into(),
            RandomCrop::new(6, 6).into(),
            RandAugment::new().into(),
            Pipeline::new([RandomFlip::new("vertical").into(), RandomRotation::new(0.1).into()]).into(),
        ];
        for layer in layers {
            let batches = |threads, epoch| {
                let data = pictures.augment(threads, layer.clone()).seed(9).batch(5).prefetch(1);
                let bits = |(x, y): (Tensor, Tensor)| {
                    let x = x.to_vec::<f32>().into_iter().map(f32::to_bits);
                    (x.collect::<Vec<_>>(), y.to_vec::<i32>())
                };
                data.iter_epoch(epoch).map(|batch| bits(batch.unwrap())).collect::<Vec<_>>()
            };
            let one = batches(1, 0);
            assert!([2, 8].into_iter().all(|threads| batches(threads, 0) == one), "{layer:?}");
            assert_ne!(batches(2, 1), one, "{layer:?}");
        }
        let batch = pictures.batch(24).augment(1, RandomFlip::new("horizontal")).seed(1).iter().next().unwrap().unwrap();
        assert_eq!(batch.0.shape(), [24, 8, 8, 3]);
    }

    #[test]
    fn numbers_depend_on_seed_epoch_and_place() {
        let data = |threads| Dataset::range(0..40).shuffle(40).seed(2).random_map(threads, |x, random| Ok(x.to_float() + random.unit(0)));
        let values = |data: &Dataset, epoch| data.iter_epoch(epoch).map(|x| x.unwrap().item().to_bits()).collect::<Vec<_>>();
        let one = values(&data(1).seed(5), 3);
        assert!([2, 8, 0].into_iter().all(|threads| values(&data(threads).seed(5), 3) == one));
        assert!(values(&data(2).seed(5), 4) != one && values(&data(2).seed(6), 3) != one);
        // Without a seed the global one decides each epoch.
        assert_eq!(values(&data(2), 1), values(&data(1), 1));
        let draws = |data: &Dataset| data.iter_epoch(0).map(|x| x.unwrap().item().fract().to_bits()).collect::<Vec<_>>();
        let twice = Dataset::range(0..9).random_map(1, |_, random| Ok(Tensor::constant(random.unit(0) as f32)));
        let other = twice.random_map(1, |x, random| Ok(Tensor::constant(random.unit(0) as f32 - x.item() as f32)));
        assert!(draws(&other).iter().all(|bits| f64::from_bits(*bits) != 0.0), "two in a row draw the same");
        let repeated = data(2).seed(5).repeat(2).iter_epoch(0).map(|x| x.unwrap().item().fract()).collect::<Vec<_>>();
        assert_ne!(repeated[..40], repeated[40..]);
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        let error = Dataset::range(0..3).augment(1, RandomFlip::new("horizontal")).iter().next().unwrap().unwrap_err().to_string();
        assert!(error.starts_with("augment: expected pictures of shape (height, width, channels), or a batch"), "{error}");
        let panicking = Dataset::range(0..3).random_map(2, |x, _| Ok(x + Tensor::zeros([2, 3]) + Tensor::zeros([4])));
        assert!(panicking.iter().next().unwrap().unwrap_err().to_string().starts_with("random_map: a function of the pipeline panicked"));
        assert_eq!(Dataset::range(0..3).random_map(1, |x, _| Ok(x)).element_spec().unwrap(), Dataset::range(0..3).element_spec().unwrap());
    }
}
