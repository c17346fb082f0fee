//! A model as a diagram: Mermaid, which GitHub and many editors draw, and Graphviz' DOT.

use crate::model::Model;
use kiln_core::Result;
use kiln_core::blueprint::Blueprint;

/// A box of the diagram: an input, or a use of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Name and class.
    pub title: String,
    /// The shapes of the outputs.
    pub shape: String,
}

/// What a picture of a model shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// The boxes, inputs first, each after all that it reads.
    pub cards: Vec<Card>,
    /// Which box feeds which.
    pub arrows: Vec<(usize, usize)>,
}

fn draw(plan: &Blueprint) -> Drawing {
    let mut boxes: Vec<Card> = plan
        .inputs
        .iter()
        .zip(&plan.shapes)
        .map(|(name, shape)| Card { title: format!("{name} (InputLayer)"), shape: shape.to_string() })
        .collect();
    let mut arrows = Vec::new();
    // The box that writes each slot.
    let mut writer: Vec<usize> = (0..plan.shapes.len()).collect();
    for step in &plan.steps {
        let named = &plan.layers[step.layer];
        let shapes: Vec<String> = step.outputs.iter().map(|&slot| plan.shapes[slot].to_string()).collect();
        boxes.push(Card { title: format!("{} ({})", named.name, named.layer.class()), shape: shapes.join(", ") });
        let place = boxes.len() - 1;
        arrows.extend(step.inputs.iter().map(|&slot| (writer[slot], place)));
        step.outputs.iter().for_each(|&slot| writer[slot] = place);
    }
    Drawing { cards: boxes, arrows }
}

impl Model {
    /// The boxes and arrows of the model's diagram, for whatever draws them.
    ///
    /// ```
    /// use kiln_layers::Dense;
    /// use kiln_models::sequential;
    /// let mut model = sequential![Dense::new(8)];
    /// model.build([4])?;
    /// let drawing = model.drawing()?;
    /// assert_eq!((drawing.cards[1].title.as_str(), drawing.arrows.as_slice()), ("dense (Dense)", &[(0, 1)][..]));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// A model that isn't built.
    pub fn drawing(&self) -> Result<Drawing> {
        Ok(draw(self.planned()?))
    }

    /// The model as a Mermaid flow chart: layers with their classes and output shapes, and what each one reads.
    ///
    /// ```
    /// use kiln_layers::Dense;
    /// use kiln_models::sequential;
    /// let mut model = sequential![Dense::new(8), Dense::new(3)];
    /// model.build([4])?;
    /// let text = model.to_mermaid()?;
    /// assert!(text.starts_with("flowchart TD\n"));
    /// assert!(text.contains("n0 --> n1"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// A model that isn't built.
    pub fn to_mermaid(&self) -> Result<String> {
        let Drawing { cards, arrows } = self.drawing()?;
        let mut text = "flowchart TD\n".to_owned();
        for (i, b) in cards.iter().enumerate() {
            text += &format!("    n{i}[\"{}<br/>{}\"]\n", b.title, b.shape);
        }
        for (from, to) in arrows {
            text += &format!("    n{from} --> n{to}\n");
        }
        Ok(text)
    }

    /// The model in Graphviz' language. Keras: `model_to_dot`.
    ///
    /// ```
    /// use kiln_layers::Dense;
    /// use kiln_models::sequential;
    /// let mut model = sequential![Dense::new(8)];
    /// model.build([4])?;
    /// assert!(model.to_dot()?.contains("n1 [label=\"dense (Dense)\\n(None, 8)\"]"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// A model that isn't built.
    pub fn to_dot(&self) -> Result<String> {
        let Drawing { cards, arrows } = self.drawing()?;
        let mut text = format!("digraph \"{}\" {{\n    node [shape=box];\n", self.name());
        for (i, b) in cards.iter().enumerate() {
            text += &format!("    n{i} [label=\"{}\\n{}\"];\n", b.title, b.shape);
        }
        for (from, to) in arrows {
            text += &format!("    n{from} -> n{to};\n");
        }
        Ok(text + "}\n")
    }
}
