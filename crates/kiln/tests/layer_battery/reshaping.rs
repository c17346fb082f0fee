use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    vec![Row::new(Flatten::new(), [3, 4]), Row::new(Reshape::new([2, -1]), [6])]
}
