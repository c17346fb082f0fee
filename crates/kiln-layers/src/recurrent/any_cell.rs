//! Any cell behind one type: what `Rnn` and `StackedRnnCells` hold.

use crate::parts::module_of;
use crate::recurrent::cell::{Cell, CellCall};
use crate::recurrent::{GruCell, LstmCell, SimpleRnnCell, StackedRnnCells};
use kiln_core::any_layer::snake_case;
use kiln_core::build::Build;
use kiln_core::layer::Layer;
use kiln_core::{AnyLayer, AnyModule, Error, Result, Shape};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::fmt::Debug;
use std::sync::Arc;

/// The object-safe twin of [`Cell`].
pub(crate) trait ErasedCell: Debug + Send + Sync {
    fn class(&self) -> &'static str;
    fn step_shape(&self, step: &Shape) -> Result<Shape>;
    fn state_shapes(&self, step: &Shape) -> Result<Vec<Shape>>;
    fn build(&self, step: &Shape, cx: &Build) -> Result<AnyCellModule>;
}

impl<C: Cell> ErasedCell for C {
    fn class(&self) -> &'static str {
        C::CLASS
    }
    fn step_shape(&self, step: &Shape) -> Result<Shape> {
        self.output_shape(step)
    }
    fn state_shapes(&self, step: &Shape) -> Result<Vec<Shape>> {
        Cell::state_shapes(self, step)
    }
    fn build(&self, step: &Shape, cx: &Build) -> Result<AnyCellModule> {
        let module = AnyModule::new(Layer::build(self, step, cx)?);
        let module = if self.options().trainable { module } else { module.frozen() };
        Ok(AnyCellModule { module, view: view::<C::Module> })
    }
}

type View = fn(&AnyModule) -> Option<&dyn CellCall>;

fn view<M: CellCall + kiln_core::Call>(module: &AnyModule) -> Option<&dyn CellCall> {
    module.downcast_ref::<M>().map(|module| module as &dyn CellCall)
}

/// A built cell of any kind.
#[derive(Clone, Debug)]
pub(crate) struct AnyCellModule {
    module: AnyModule,
    view: View,
}

module_of!(AnyCellModule { module });

impl AnyCellModule {
    pub(crate) fn cell(&self) -> Result<&dyn CellCall> {
        // The view was made for the type of the module.
        (self.view)(&self.module).ok_or_else(|| Error::order("RNN", "the module of the cell is of another type"))
    }
}

/// Any cell's description.
#[derive(Clone, Debug)]
pub struct AnyCell {
    layer: AnyLayer,
    cell: Arc<dyn ErasedCell>,
}

impl<C: Cell> From<C> for AnyCell {
    fn from(cell: C) -> Self {
        Self { layer: cell.clone().into(), cell: Arc::new(cell) }
    }
}

impl PartialEq for AnyCell {
    fn eq(&self, other: &Self) -> bool {
        self.layer == other.layer
    }
}

impl AnyCell {
    /// The cell as a layer.
    pub fn layer(&self) -> &AnyLayer {
        &self.layer
    }

    /// The name its weights stand under: its own, else that of its class.
    pub fn name(&self) -> String {
        self.layer.options().name.clone().unwrap_or_else(|| snake_case(self.layer.class()))
    }

    /// The shape of a step's output, see [`Layer::output_shape`].
    ///
    /// # Errors
    /// A shape or an option that the cell can't take.
    pub fn output_shape(&self, step: &Shape) -> Result<Shape> {
        self.cell.step_shape(step)
    }

    /// The shapes of the states, see [`Cell::state_shapes`].
    ///
    /// # Errors
    /// As [`AnyCell::output_shape`].
    pub fn state_shapes(&self, step: &Shape) -> Result<Vec<Shape>> {
        self.cell.state_shapes(step)
    }

    pub(crate) fn erased(&self) -> &dyn ErasedCell {
        &*self.cell
    }
}

macro_rules! cells {
    ($($cell:ident)+) => {
        fn from_config(class: &str, config: Value) -> Result<AnyCell> {
            match class {
                $(<$cell as Layer>::CLASS => read::<$cell>(config),)+
                _ => Err(Error::unknown("cell", class, [$(<$cell as Layer>::CLASS),+])),
            }
        }
    };
}

cells! { SimpleRnnCell LstmCell GruCell StackedRnnCells }

fn read<C: Cell>(config: Value) -> Result<AnyCell> {
    let cell: C = serde_json::from_value(config).map_err(|e| Error::option(C::CLASS, "config", "a configuration of this cell", e))?;
    Ok(cell.into())
}

/// In Keras' form `{"class_name": .., "config": ..}`.
impl Serialize for AnyCell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        written(&self.layer).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AnyCell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (class, config) = class_and_config(Value::deserialize(deserializer)?).map_err(D::Error::custom)?;
        from_config(&class, config).map_err(D::Error::custom)
    }
}

/// A layer in Keras' form of an object.
pub(crate) fn written(layer: &AnyLayer) -> Result<Value> {
    Ok(serde_json::json!({
        "module": "keras.layers", "class_name": layer.class(), "config": layer.config()?, "registered_name": null,
    }))
}

/// The parts of Keras' form of an object.
pub(crate) fn class_and_config(mut object: Value) -> Result<(String, Value)> {
    let config = object.get_mut("config").map(Value::take).unwrap_or_default();
    let class = object.get("class_name").and_then(Value::as_str);
    let class = class.ok_or_else(|| Error::option("RNN", "config", "an object with a `class_name`", &object))?;
    Ok((class.to_owned(), config))
}
