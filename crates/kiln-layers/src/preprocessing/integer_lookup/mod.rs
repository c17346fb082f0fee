//! Whole numbers replaced by their places in a vocabulary.

mod options;

use super::OutputMode;
use super::output_mode::Off;
use super::vocabulary::{Vocabulary, learned};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{AnyBuffer, Context, DType, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// The place of each whole number in a vocabulary; numbers that are not in it share `num_oov_indices` places before it.
///
/// Places: 0 for `mask_token` (if there is one, in mode `int`), then those of unknown numbers (by the remainder of a division if
/// there are several), then the vocabulary. The vocabulary is given, or read off data by [`IntegerLookup::adapt`]. Output: `int64` of
/// the input's shape, or as `output_mode` says. With `invert`, places are turned back into numbers. In mode `tf_idf` there is one
/// weight, `idf_weights` (vocabulary), which is not trained. Keras: `keras/src/layers/preprocessing/integer_lookup.py`.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_layers::IntegerLookup;
/// let given = IntegerLookup::new().vocabulary([12, 36, 1138, 42]);
/// let adapted = IntegerLookup::new().max_tokens(3).adapt(&Tensor::constant([7, 7, 9, 9, 9, 1]))?;
/// assert_eq!(adapted.get_vocabulary(), [-1, 9, 7]);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IntegerLookup {
    #[serde(flatten)]
    options: Options,
    max_tokens: Option<usize>,
    num_oov_indices: usize,
    mask_token: Option<i64>,
    oov_token: i64,
    vocabulary: Option<Vec<i64>>,
    idf_weights: Option<Vec<f64>>,
    invert: bool,
    output_mode: OutputMode,
    pad_to_max_tokens: bool,
    oov_method: String,
    sparse: Off,
}

impl Default for IntegerLookup {
    fn default() -> Self {
        Self {
            options: Options::default(),
            max_tokens: None,
            num_oov_indices: 1,
            mask_token: None,
            oov_token: -1,
            vocabulary: None,
            idf_weights: None,
            invert: false,
            output_mode: OutputMode::Int,
            pad_to_max_tokens: false,
            oov_method: "floormod".to_owned(),
            sparse: Off,
        }
    }
}

impl IntegerLookup {
    /// No vocabulary yet, one place for unknown numbers.
    pub fn new() -> Self {
        Self::default()
    }

    /// The largest size of the vocabulary, with the places before it. Default none.
    pub fn max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = Some(max_tokens);
        self
    }

    /// The places for unknown numbers; with 0 they are an error. Default 1.
    pub fn num_oov_indices(mut self, num_oov_indices: usize) -> Self {
        self.num_oov_indices = num_oov_indices;
        self
    }

    /// A number that stands for no number: place 0 in mode `int`, left out else. Default none.
    pub fn mask_token(mut self, mask_token: i64) -> Self {
        self.mask_token = Some(mask_token);
        self
    }

    /// What unknown places are turned back into. Default -1.
    pub fn oov_token(mut self, oov_token: i64) -> Self {
        self.oov_token = oov_token;
        self
    }

    /// The vocabulary, with or without the mask and unknown tokens at its start. Default none.
    pub fn vocabulary(mut self, vocabulary: impl Into<Vec<i64>>) -> Self {
        self.vocabulary = Some(vocabulary.into());
        self
    }

    /// The weight of each token of `vocabulary`, for mode `tf_idf`. Default none.
    pub fn idf_weights(mut self, weights: impl Into<Vec<f64>>) -> Self {
        self.idf_weights = Some(weights.into());
        self
    }

    /// Turns places back into numbers. Default false.
    pub fn invert(mut self, invert: bool) -> Self {
        self.invert = invert;
        self
    }

    /// `int`, `one_hot`, `multi_hot`, `count` or `tf_idf`. Default `int`.
    pub fn output_mode(mut self, mode: impl Into<OutputMode>) -> Self {
        self.output_mode = mode.into();
        self
    }

    /// Whether the output has `max_tokens` places even if the vocabulary has fewer. Default false.
    pub fn pad_to_max_tokens(mut self, pad: bool) -> Self {
        self.pad_to_max_tokens = pad;
        self
    }

    /// Reads the vocabulary off `data`: the most frequent numbers first, of equally frequent ones the larger. In mode `tf_idf` the
    /// rows of `data` are documents, and `ln(1 + documents / (1 + documents with the token))` are the weights.
    ///
    /// # Errors
    /// Options that don't fit together.
    pub fn adapt(mut self, data: &Tensor) -> Result<Self> {
        self.check_options()?;
        let start = self.start();
        let special = [Some(self.oov_token), self.mask_token];
        let rows = if data.rank() < 2 { data.len().max(1) } else { data.shape()[0].max(1) };
        let values: Vec<i64> = data.to_vec();
        let width = (values.len() / rows).max(1);
        let (mut tokens, weights) = learned(&values, width, &special);
        let mut weights: Vec<f64> = weights.into_iter().map(|documents| (1.0 + rows as f64 / (1.0 + documents as f64)).ln()).collect();
        if let Some(max) = self.max_tokens {
            tokens.truncate(max.saturating_sub(start));
            weights.truncate(tokens.len());
        }
        self.idf_weights = (self.output_mode == OutputMode::TfIdf).then_some(weights);
        self.vocabulary = Some(tokens);
        Ok(self)
    }

    /// The vocabulary with the mask and unknown tokens before it: each at its place.
    pub fn get_vocabulary(&self) -> Vec<i64> {
        let mask = self.mask_token.filter(|_| self.output_mode == OutputMode::Int);
        let special = mask.into_iter().chain(std::iter::repeat_n(self.oov_token, self.num_oov_indices));
        special.chain(self.tokens().iter().copied()).collect()
    }
}

impl Layer for IntegerLookup {
    const CLASS: &'static str = "IntegerLookup";
    type Module = IntegerLookupModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let (_, depth) = self.table()?;
        self.weights(depth)?;
        if input.rank() > 7 {
            return Err(Error::shape("IntegerLookup", "an input of at most 7 axes", input));
        }
        match self.output_mode {
            OutputMode::Int => Ok(input.clone()),
            ref mode => mode.shape("IntegerLookup", input, depth),
        }
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<IntegerLookupModule> {
        self.output_shape(input)?;
        let (vocabulary, depth) = self.table()?;
        let idf_weights = self.weights(depth)?.map(|weights| AnyBuffer::new(Tensor::from_vec(weights, [depth])?, cx)).transpose()?;
        Ok(IntegerLookupModule { idf_weights, vocabulary, layer: self.clone(), depth })
    }
}

/// A built [`IntegerLookup`].
#[derive(Module, Debug)]
pub struct IntegerLookupModule {
    idf_weights: Option<AnyBuffer>,
    #[module(skip)]
    vocabulary: Vocabulary,
    #[module(skip)]
    layer: IntegerLookup,
    #[module(skip)]
    depth: usize,
}

impl IntegerLookupModule {
    fn place(&self, token: i64) -> Result<i64> {
        let layer = &self.layer;
        if layer.mask_token == Some(token) {
            // Outside of all places, a mask leaves no trace.
            return Ok(if layer.output_mode == OutputMode::Int { 0 } else { -1 });
        }
        match (self.vocabulary.place(token), layer.num_oov_indices as i64) {
            (Some(place), _) => Ok(place as i64),
            (None, 0) => Err(Error::data("IntegerLookup", format!("{token} is not in the vocabulary, and `num_oov_indices` is 0"))),
            (None, places) => Ok(layer.oov_start() as i64 + token.rem_euclid(places)),
        }
    }

    fn token(&self, place: i64) -> i64 {
        match (self.layer.mask_token, usize::try_from(place)) {
            (Some(mask), Ok(0)) => mask,
            (_, Ok(place)) => self.vocabulary.token(place).unwrap_or(self.layer.oov_token),
            _ => self.layer.oov_token,
        }
    }
}

impl Call for IntegerLookupModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let (device, shape) = (x.device(), x.shape());
        // A table is looked up on the host, as in Keras: no operation on tensors does it without comparing with every token.
        let numbers = x.inner().to_vec::<i64>().into_iter();
        let found = numbers.map(|n| if self.layer.invert { Ok(self.token(n)) } else { self.place(n) }).collect::<Result<Vec<i64>>>()?;
        let found = Tensor::from_vec(found, &shape)?.to_device(&device);
        let out = self.layer.output_mode.write(found, self.depth, None)?;
        match &self.idf_weights {
            Some(weights) => Ok(out * weights.value()),
            None if self.layer.output_mode == OutputMode::Int => Ok(out.cast(DType::I64)),
            None => Ok(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::goldens::check;
    use kiln_core::{Device, random::Stream, weights};
    use serde_json::json;

    fn call(layer: &IntegerLookup, x: Tensor) -> Result<Tensor> {
        let device = Device::current().unwrap();
        let shape = Shape::batch_of(&x.shape()[1..]);
        let module = layer.build(&shape, &Build::new(&device, Stream::new(0)))?;
        let y = module.call(x.to_device(&device), &Context::inference())?;
        assert!(layer.output_shape(&shape).unwrap().fits(&y.shape()));
        Ok(y)
    }

    fn known() -> IntegerLookup {
        IntegerLookup::new().vocabulary([12, 36, 1138, 42])
    }

    /// The numbers are those of the examples in Keras' documentation of the layer.
    #[test]
    fn looks_up_as_keras_documents() {
        let x = || Tensor::constant([[12, 1138, 42], [42, 1000, 36]]);
        let ints = |layer: &IntegerLookup, x| call(layer, x).unwrap().to_vec::<i64>();
        assert_eq!(ints(&known(), x()), [1, 3, 4, 4, 0, 2]);
        let two = Tensor::constant([[12, 1138, 42], [37, 1000, 36]]);
        assert_eq!(ints(&known().num_oov_indices(2), two), [2, 4, 5, 1, 0, 3]);
        assert_eq!(ints(&known().invert(true), Tensor::constant([[1, 3, 4], [4, 0, 2]])), [12, 1138, 42, 42, -1, 36]);
        assert_eq!(ints(&known().vocabulary(known().get_vocabulary()), x()), [1, 3, 4, 4, 0, 2]);
        let tokens = || Tensor::constant([[12, 1138, 42, 42], [42, 7, 36, 7]]);
        let floats = |layer: IntegerLookup| call(&layer, tokens()).unwrap().to_vec::<f32>();
        assert_eq!(floats(known().output_mode("multi_hot")), [0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
        assert_eq!(floats(known().output_mode("count")), [0.0, 1.0, 0.0, 1.0, 2.0, 2.0, 0.0, 1.0, 0.0, 1.0]);
        let weighted = known().output_mode("tf_idf").idf_weights([0.25, 0.75, 0.6, 0.4]);
        let expected = json!({"shape": [2, 5], "values": [0.0, 0.25, 0.0, 0.6, 0.8, 1.0, 0.0, 0.75, 0.0, 0.4]});
        check(&call(&weighted, tokens()).unwrap(), &expected, &json!("tf_idf"));
        let own = IntegerLookup::new().vocabulary([-1, 12, 36, 1138, 42]).output_mode("tf_idf").idf_weights([0.9, 0.25, 0.75, 0.6, 0.4]);
        assert!((call(&own, tokens()).unwrap().to_vec::<f32>()[5] - 1.8).abs() < 1e-6);
        let one_hot = call(&known().output_mode("one_hot"), Tensor::constant([[12], [7]])).unwrap();
        assert_eq!(one_hot.to_vec::<f32>(), [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn masks_take_place_0_or_none() {
        let x = || Tensor::constant([[0, 12, 5]]);
        assert_eq!(call(&known().mask_token(0), x()).unwrap().to_vec::<i64>(), [0, 2, 1]);
        assert_eq!(call(&known().mask_token(0).invert(true), x()).unwrap().to_vec::<i64>(), [0, -1, 42]);
        let counts = call(&known().mask_token(0).output_mode("count"), x()).unwrap();
        assert_eq!(counts.to_vec::<f32>(), [1.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(call(&known(), Tensor::constant([[-7]])).unwrap().to_vec::<i64>(), [0]);
        assert_eq!(call(&known().num_oov_indices(3), Tensor::constant([[-7]])).unwrap().to_vec::<i64>(), [2]);
    }

    #[test]
    fn adapts_to_data() {
        let data = Tensor::constant([[5, 3, 3], [9, 5, 0], [9, 1, 0]]);
        let layer = IntegerLookup::new().mask_token(0).adapt(&data).unwrap();
        assert_eq!(layer.get_vocabulary(), [0, -1, 9, 5, 3, 1]);
        let short = IntegerLookup::new().max_tokens(3).adapt(&data).unwrap();
        assert_eq!(short.get_vocabulary(), [-1, 9, 5]);
        let padded = IntegerLookup::new().output_mode("tf_idf").max_tokens(6).pad_to_max_tokens(true).mask_token(0).adapt(&data).unwrap();
        let module = padded.build(&Shape::batch_of([3]), &Build::new(&Device::current().unwrap(), Stream::new(0))).unwrap();
        let (_, saved) = weights::values(&module).remove(0);
        // 9 and 5 stand in two documents of three, 3 and 1 in one; the unknown token has the mean, the padding nothing.
        let (twice, once) = ((1.0f32 + 3.0 / 3.0).ln(), (1.0f32 + 3.0 / 2.0).ln());
        let expected = [(twice + once) / 2.0, twice, twice, once, once, 0.0];
        assert!(saved.to_vec::<f32>().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{saved}");
        assert_eq!(weights::list(&module)[0].path, "idf_weights");
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: IntegerLookup| call(&layer, Tensor::constant([[7]])).unwrap_err().to_string();
        assert_eq!(of(IntegerLookup::new()), "IntegerLookup: the vocabulary is not known; give `vocabulary`, or call `adapt`");
        let unknown = "IntegerLookup: 7 is not in the vocabulary, and `num_oov_indices` is 0";
        assert_eq!(of(known().num_oov_indices(0)), unknown);
        assert_eq!(of(known().vocabulary([1, 1])), "IntegerLookup: `vocabulary` must be of different tokens, received 1");
        assert_eq!(of(known().max_tokens(3)), "IntegerLookup: `max_tokens` must be at least the vocabulary's 5, received 3");
        assert_eq!(of(known().max_tokens(1)), "IntegerLookup: `max_tokens` must be above 1, received 1");
        assert_eq!(
            of(known().pad_to_max_tokens(true)),
            "IntegerLookup: `max_tokens` must be given with `pad_to_max_tokens`, received none"
        );
        assert!(of(known().output_mode("count").invert(true)).contains("`output_mode` must be `int` with `invert`"));
        assert!(of(known().idf_weights([1.0; 4])).contains("for mode `tf_idf` only"));
        assert!(of(known().output_mode("tf_idf").idf_weights([1.0])).contains("one for each of the 4 tokens"));
        assert!(of(known().mask_token(36)).contains("without the mask and unknown tokens"));
        let farmhash: IntegerLookup = serde_json::from_value(json!({"vocabulary": [1], "oov_method": "farmhash"})).unwrap();
        assert!(of(farmhash).contains("`oov_method` must be `floormod`"));
    }
}
