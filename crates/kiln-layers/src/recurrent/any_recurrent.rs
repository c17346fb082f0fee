//! Any layer that walks over a sequence behind one type: what `Bidirectional` holds.

use crate::recurrent::any_cell::{class_and_config, written};
use crate::recurrent::sequence::{Recurrent, Sequence};
use crate::{ConvLstm1d, ConvLstm2d, ConvLstm3d, Gru, Lstm, Rnn, SimpleRnn};
use kiln_core::any_layer::snake_case;
use kiln_core::layer::Layer;
use kiln_core::{AnyLayer, Error, Result};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::fmt::Debug;
use std::sync::Arc;

/// The object-safe twin of [`Recurrent`].
trait Erased: Debug + Send + Sync {
    fn with(&self, sequence: Sequence) -> AnyRecurrent;
}

impl<R: Recurrent> Erased for R {
    fn with(&self, sequence: Sequence) -> AnyRecurrent {
        let mut layer = self.clone();
        *layer.sequence_mut() = sequence;
        layer.into()
    }
}

/// Any recurrent layer's description.
#[derive(Clone, Debug)]
pub struct AnyRecurrent {
    layer: AnyLayer,
    sequence: Sequence,
    erased: Arc<dyn Erased>,
}

impl<R: Recurrent> From<R> for AnyRecurrent {
    fn from(layer: R) -> Self {
        Self { layer: layer.clone().into(), sequence: *layer.sequence(), erased: Arc::new(layer) }
    }
}

impl PartialEq for AnyRecurrent {
    fn eq(&self, other: &Self) -> bool {
        self.layer == other.layer
    }
}

impl AnyRecurrent {
    /// The layer.
    pub fn layer(&self) -> &AnyLayer {
        &self.layer
    }

    /// How it walks.
    pub fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// The same layer, walking in another way.
    pub fn with(&self, sequence: Sequence) -> Self {
        self.erased.with(sequence)
    }

    /// Its own name, else that of its class.
    pub fn name(&self) -> String {
        self.layer.options().name.clone().unwrap_or_else(|| snake_case(self.layer.class()))
    }
}

macro_rules! layers {
    ($($layer:ident)+) => {
        fn from_config(class: &str, config: Value) -> Result<AnyRecurrent> {
            match class {
                $(<$layer as Layer>::CLASS => read::<$layer>(config),)+
                _ => Err(Error::unknown("recurrent layer", class, [$(<$layer as Layer>::CLASS),+])),
            }
        }
    };
}

layers! { SimpleRnn Lstm Gru Rnn ConvLstm1d ConvLstm2d ConvLstm3d }

fn read<R: Recurrent>(config: Value) -> Result<AnyRecurrent> {
    let layer: R = serde_json::from_value(config).map_err(|e| Error::option(R::CLASS, "config", "a configuration of this layer", e))?;
    Ok(layer.into())
}

/// In Keras' form `{"class_name": .., "config": ..}`.
impl Serialize for AnyRecurrent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        written(&self.layer).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AnyRecurrent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (class, config) = class_and_config(Value::deserialize(deserializer)?).map_err(D::Error::custom)?;
        from_config(&class, config).map_err(D::Error::custom)
    }
}
