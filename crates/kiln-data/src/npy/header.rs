//! The header of a NumPy array file: a Python dictionary after a few bytes.

/// What an array looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The dtype as NumPy writes it: `<f4`.
    pub(crate) descr: String,
    /// Whether the first axis runs fastest.
    pub(crate) fortran_order: bool,
    pub(crate) shape: Vec<usize>,
}

const MAGIC: &[u8] = b"\x93NUMPY";

/// The header and what follows it.
pub(super) fn read(bytes: &[u8]) -> Result<(Header, &[u8]), String> {
    const CUT: &str = "is cut off within its header";
    let rest = bytes.strip_prefix(MAGIC).ok_or("is not a NumPy array file")?;
    let (version, rest) = rest.split_at_checked(2).ok_or(CUT)?;
    let width = if version[0] == 1 { 2 } else { 4 };
    let (length, rest) = rest.split_at_checked(width).ok_or(CUT)?;
    let length = length.iter().rev().fold(0, |n, byte| n << 8 | usize::from(*byte));
    let (text, values) = rest.split_at_checked(length).ok_or(CUT)?;
    let text = std::str::from_utf8(text).map_err(|_| "has a header that is no text")?;
    let header = parse(text).ok_or_else(|| format!("has a header that can't be read: `{}`", text.trim()))?;
    Ok((header, values))
}

fn parse(text: &str) -> Option<Header> {
    let after = |key: &str| Some(text.split_once(&format!("'{key}':"))?.1.trim_start());
    let descr = after("descr")?.strip_prefix('\'')?.split_once('\'')?.0.to_owned();
    let fortran_order = after("fortran_order")?.starts_with("True");
    let shape = after("shape")?.strip_prefix('(')?.split_once(')')?.0;
    let sizes = shape.split(',').map(str::trim).filter(|size| !size.is_empty());
    let shape = sizes.map(|size| size.parse().ok()).collect::<Option<Vec<usize>>>()?;
    Some(Header { descr, fortran_order, shape })
}

/// The bytes before the values, whose number is a multiple of 64 as NumPy's are.
pub(super) fn write(descr: &str, shape: &[usize]) -> Vec<u8> {
    let sizes: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let sizes = if shape.len() == 1 { sizes.trim_end() } else { sizes.trim_end_matches(", ") };
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}");
    let before = MAGIC.len() + 4;
    while !(before + text.len() + 1).is_multiple_of(64) {
        text.push(' ');
    }
    text.push('\n');
    [MAGIC, &[1, 0], &(text.len() as u16).to_le_bytes(), text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for shape in [vec![], vec![3], vec![2, 3, 4]] {
            let bytes = write("<f4", &shape);
            assert_eq!(bytes.len() % 64, 0);
            assert_eq!(read(&bytes).unwrap().0, Header { descr: "<f4".to_owned(), fortran_order: false, shape });
        }
        let text = String::from_utf8_lossy(&write("|u1", &[5])).into_owned();
        assert!(text.contains("'shape': (5,), }"), "{text}");
        assert!(read(b"\x93NUMPY\x01\0\x02\0{}").unwrap_err().contains("can't be read: `{}`"));
    }
}
