use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    vec![Row::new(Dropout::new(0.4), [6]), Row::new(Dropout::new(0.25).seed(3).noise_shape([None, Some(1)]), [6])]
}
