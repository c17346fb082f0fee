use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    vec![Row::new(Rescaling::new(0.5).offset(-1.0), [6])]
}
