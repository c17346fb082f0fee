//! Reads tables of numbers: CSV, NPY, NPZ, IDX.

use clap::ArgMatches;
use kiln::prelude::*;
use std::io::{BufRead, Read};
use std::path::Path;

/// Which part of a file that has both is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Inputs,
    Targets,
}

/// Reads a file: NPY, NPZ and IDX by their first bytes, or packed under a name with `idx` or `npy`; else CSV.
pub(crate) fn read(path: &Path, part: Part, arguments: &ArgMatches) -> kiln::Result<Tensor> {
    let mut first = [1u8; 4];
    let refused = |e: std::io::Error| Error::file(path, e);
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut first)).map_err(refused)?;
    let packed = first[..2] == [0x1F, 0x8B];
    let named = |what: &str| path.file_name().is_some_and(|name| name.to_string_lossy().contains(what));
    if (read >= 2 && first[..2] == [0, 0]) || (packed && named("idx")) {
        return load_idx(path);
    }
    if first == *b"\x93NUM" || (packed && named(".npy")) {
        return load_npy(path);
    }
    if is_archive(path)? {
        return array(path, load_npz(path)?, part);
    }
    csv(path, arguments)?.load()
}

/// Whether the file is a ZIP archive, as NPZ files are.
pub(crate) fn is_archive(path: &Path) -> kiln::Result<bool> {
    let mut first = [0u8; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut first)).map_err(|e| Error::file(path, e))?;
    Ok(read == 4 && first == *b"PK\x03\x04")
}

/// The array of an NPZ file: the only one, or the one that is called as such things are.
fn array(path: &Path, arrays: Vec<(String, Tensor)>, part: Part) -> kiln::Result<Tensor> {
    let names: Vec<String> = arrays.iter().map(|(name, _)| format!("`{name}`")).collect();
    let wanted = if part == Part::Inputs { ["x", "x_train"] } else { ["y", "y_train"] };
    let only = arrays.len() == 1;
    let found = arrays.into_iter().find(|(name, _)| only || wanted.contains(&name.as_str()));
    found.map(|(_, array)| array).ok_or_else(|| {
        Error::file(path, format!("has no array `{}`", wanted[0]))
            .hint(format!("it has {}; one of them must be called so", names.join(", ")))
    })
}

/// The byte between the cells.
fn delimiter(arguments: &ArgMatches) -> kiln::Result<u8> {
    let Some(delimiter) = arguments.get_one::<char>("delimiter") else { return Ok(b',') };
    let byte = u8::try_from(*delimiter).ok().filter(u8::is_ascii);
    byte.ok_or_else(|| Error::option("kiln", "delimiter", "an ASCII character", delimiter))
}

fn csv(path: &Path, arguments: &ArgMatches) -> kiln::Result<Csv> {
    let csv = Csv::new(path).delimiter(delimiter(arguments)?);
    Ok(match arguments.get_one::<bool>("header") {
        Some(header) => csv.has_header(*header),
        None => csv,
    })
}

/// Inputs and targets of one file: columns of CSV, arrays of NPZ.
pub(crate) fn split(path: &Path, targets: &[String], arguments: &ArgMatches) -> kiln::Result<(Tensor, Tensor)> {
    if is_archive(path)? {
        let arrays = load_npz(path)?;
        let y = match targets {
            [] => array(path, arrays.clone(), Part::Targets)?,
            [name] => {
                let known: Vec<&str> = arrays.iter().map(|(name, _)| name.as_str()).collect();
                let found = arrays.iter().find(|(n, _)| n == name).map(|(_, array)| array.clone());
                found.ok_or_else(|| crate::models::within(path, Error::unknown("array", name, known)))?
            }
            several => return Err(Error::option("kiln train", "target", "one array of an NPZ file", several.join(","))),
        };
        let rest = arrays.into_iter().filter(|(name, _)| !targets.contains(name)).collect();
        return Ok((array(path, rest, Part::Inputs)?, y));
    }
    let table = read(path, Part::Inputs, arguments)?;
    let [rows, width] = table.shape()[..] else {
        let hint = "give the targets as a file of their own, behind this one";
        return Err(Error::shape("kiln train", "a table with a column of targets", table.describe()).hint(hint));
    };
    let columns = columns(path, targets, width, arguments)?;
    if columns.len() == width {
        return Err(Error::option("kiln train", "target", "some of the columns", "all of them"));
    }
    let rest: Vec<usize> = (0..width).filter(|column| !columns.contains(column)).collect();
    let values = table.to_vec::<f32>();
    let part = |of: &[usize]| {
        let cells = values.chunks(width.max(1)).flat_map(|row| of.iter().map(|column| row[*column])).collect();
        Tensor::from_vec(cells, [rows, of.len()])
    };
    Ok((part(&rest)?, part(&columns)?))
}

/// The places of the columns `targets`, of `width`; the last one without any.
fn columns(path: &Path, targets: &[String], width: usize, arguments: &ArgMatches) -> kiln::Result<Vec<usize>> {
    let header = header(path, arguments)?;
    let place = |target: &String| {
        let named = header.iter().position(|name| name == target);
        let numbered = || target.parse::<usize>().ok().filter(|n| (1..=width).contains(n)).map(|n| n - 1);
        named.or_else(numbered).ok_or_else(|| {
            let known = header.iter().map(String::as_str);
            let numbers = format!("a number from 1 to {width}, or a name of the header");
            let unknown = if header.is_empty() {
                Error::option("kiln train", "target", numbers, target)
            } else {
                Error::unknown("column", target, known)
            };
            crate::models::within(path, unknown)
        })
    };
    let mut columns = targets.iter().map(place).collect::<kiln::Result<Vec<usize>>>()?;
    if columns.is_empty() {
        columns.push(width.saturating_sub(1));
    }
    match (1..columns.len()).find(|i| columns[..*i].contains(&columns[*i])) {
        Some(again) => Err(Error::option("kiln train", "target", "each column once", format!("`{}` twice", targets[again]))),
        None => Ok(columns),
    }
}

/// The names in line 1 of a CSV file, if that is a header; of a packed file none.
fn header(path: &Path, arguments: &ArgMatches) -> kiln::Result<Vec<String>> {
    let mut line = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| std::io::BufReader::new(file).read_until(b'\n', &mut line));
    read.map_err(|e| Error::file(path, e))?;
    let Ok(line) = String::from_utf8(line) else { return Ok(Vec::new()) };
    let names = fields(line.trim_start_matches('\u{feff}'), char::from(delimiter(arguments)?));
    let is_header = arguments.get_one::<bool>("header").copied().unwrap_or_else(|| names.iter().all(|name| name.parse::<f64>().is_err()));
    Ok(if is_header { names } else { Vec::new() })
}

/// The cells of a line, without their quotes.
pub(crate) fn fields(line: &str, delimiter: char) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.trim_end_matches(['\r', '\n']).chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            _ if letter == delimiter && !quoted => fields.push(std::mem::take(&mut field).trim().to_owned()),
            _ => field.push(letter),
        }
    }
    fields.push(field.trim().to_owned());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_a_cell_together() {
        assert_eq!(fields("a, \"b,c\" ,\"say \"\"d\"\"\",\r\n", ','), ["a", "b,c", "say \"d\"", ""]);
        assert_eq!(fields("1;2", ';'), ["1", "2"]);
    }
}
