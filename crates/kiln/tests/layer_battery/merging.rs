use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::many(Add::new(), &[&[3, 4], &[4], &[1, 4]]),
        Row::many(Subtract::new(), &[&[3, 4], &[3, 1]]),
        Row::many(Multiply::new(), &[&[4], &[4], &[4]]),
        Row::many(Average::new(), &[&[4], &[4]]),
        Row::many(Maximum::new(), &[&[3, 4], &[4]]),
        Row::many(Minimum::new(), &[&[3, 4], &[4]]),
        Row::many(Concatenate::new(), &[&[3, 4], &[3, 2]]),
        Row::many(Concatenate::new().axis(1), &[&[3, 4], &[1, 4], &[2, 4]]),
        Row::many(Dot::new([1, 2]), &[&[4, 2], &[3, 4]]).of_rank(),
        Row::many(Dot::new(-1).normalize(true), &[&[4], &[4]]).of_rank(),
    ]
}
