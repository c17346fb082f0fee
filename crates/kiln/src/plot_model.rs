//! A model as a picture.

use kiln_core::Result;
use kiln_models::Model;
use kiln_plot::Diagram;
use std::path::Path;

/// Draws a model to an `.svg` or `.png` file: a card for each layer with its class and its output's shape, arrows for what it reads.
/// Keras: `keras.utils.plot_model`. `Model::to_mermaid` and `Model::to_dot` give the same as text.
///
/// ```
/// use kiln::prelude::*;
/// let mut model = sequential![Dense::new(8).activation("relu"), Dense::new(3)];
/// model.build([4])?;
/// let path = std::env::temp_dir().join("kiln_plot_model").join("model.svg");
/// kiln::plot_model(&model, &path)?;
/// assert!(std::fs::read_to_string(&path).unwrap().contains("dense_1 (Dense)"));
/// # Ok::<(), kiln::Error>(())
/// ```
///
/// # Errors
/// A model that isn't built, another kind of file, or a place that can't be written to.
pub fn plot_model(model: &Model, path: impl AsRef<Path>) -> Result<()> {
    let drawing = model.drawing()?;
    let cards = drawing.cards.into_iter().fold(Diagram::new(), |diagram, card| diagram.card(card.title, card.shape));
    drawing.arrows.into_iter().fold(cards, |diagram, (from, to)| diagram.arrow(from, to)).save(path)
}
