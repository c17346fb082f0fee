//! Names of files with places for numbers, in the words of Python's `str.format`.

use kiln_core::{Error, Result};
use kiln_train::fit::python;

/// A number for a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Whole(usize),
    Real(f64),
}

/// Fills `{epoch:02d}`, `{val_loss:.2f}` and their like; `{{` is a brace. Width, sign, fill, precision and the types `d`, `f`, `e` and
/// `%` are known.
pub(crate) fn fill(who: &str, pattern: &str, find: impl Fn(&str) -> Option<Number>, known: &[&str]) -> Result<String> {
    let wrong = |what: &str| Error::option(who, "filepath", what, format!("`{pattern}`"));
    let mut name = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        name += &rest[..at];
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
            name += &rest[..1];
            rest = after;
            continue;
        }
        let Some((place, after)) = rest.strip_prefix('{').and_then(|r| r.split_once('}')) else {
            return Err(wrong("a name whose braces are in pairs"));
        };
        let (key, spec) = place.split_once(':').unwrap_or((place, ""));
        let number = find(key).ok_or_else(|| Error::unknown("log in `filepath`", key, known.iter().copied()))?;
        name += &format(spec, number).ok_or_else(|| wrong("a name with formats such as `{epoch:02d}` and `{val_loss:.2f}`"))?;
        rest = after;
    }
    Ok(name + rest)
}

/// `[[fill]align][sign][0][width][.precision][type]`.
fn format(spec: &str, number: Number) -> Option<String> {
    let mut chars: Vec<char> = spec.chars().collect();
    let aligns = |c: Option<&char>| c.is_some_and(|c| "<>^=".contains(*c));
    let (mut fill, mut align) = (' ', '>');
    if aligns(chars.get(1)) {
        (fill, align) = (chars[0], chars[1]);
        chars.drain(..2);
    } else if aligns(chars.first()) {
        align = chars.remove(0);
    }
    let sign = if chars.first().is_some_and(|c| "+- ".contains(*c)) { chars.remove(0) } else { '-' };
    if chars.first() == Some(&'0') {
        (fill, align) = ('0', '=');
        chars.remove(0);
    }
    let text: String = chars.into_iter().collect();
    let (digits, kind) = match text.char_indices().last() {
        Some((at, c)) if c.is_alphabetic() || c == '%' => (&text[..at], Some(c)),
        _ => (text.as_str(), None),
    };
    let (width, precision) = digits.split_once('.').map_or((digits, None), |(w, p)| (w, Some(p)));
    let count = |text: &str| -> Option<usize> { text.parse().ok().filter(|n| *n <= 255) };
    let width = if width.is_empty() { 0 } else { count(width)? };
    let precision = precision.map_or(Some(None), |p| count(p).map(Some))?;
    let value = match number {
        Number::Whole(n) => n as f64,
        Number::Real(v) => v,
    };
    let size = value.abs();
    let body = match (kind, number) {
        (None | Some('d'), Number::Whole(n)) if precision.is_none() => n.to_string(),
        (Some('f'), _) => format!("{size:.*}", precision.unwrap_or(6)),
        (Some('e'), _) => exponent(&format!("{size:.*e}", precision.unwrap_or(6))),
        (Some('%'), _) => format!("{:.*}%", precision.unwrap_or(6), size * 100.0),
        (None, Number::Real(_)) if precision.is_none() => python(size),
        _ => return None,
    };
    let mark = match sign {
        _ if value.is_sign_negative() && !value.is_nan() => "-",
        '+' => "+",
        ' ' => " ",
        _ => "",
    };
    let padding = width.saturating_sub(mark.len() + body.chars().count());
    let pad = |n: usize| fill.to_string().repeat(n);
    Some(match align {
        '<' => format!("{mark}{body}{}", pad(padding)),
        '^' => format!("{}{mark}{body}{}", pad(padding / 2), pad(padding - padding / 2)),
        '=' => format!("{mark}{}{body}", pad(padding)),
        _ => format!("{}{mark}{body}", pad(padding)),
    })
}

/// `1e-7` is `1e-07` in Python.
fn exponent(text: &str) -> String {
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |d| ('-', d));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(pattern: &str) -> Result<String> {
        let find = |key: &str| match key {
            "epoch" => Some(Number::Whole(7)),
            "loss" => Some(Number::Real(0.12345)),
            "gain" => Some(Number::Real(-1.5)),
            "tiny" => Some(Number::Real(0.00000012)),
            _ => None,
        };
        fill("ModelCheckpoint", pattern, find, &["epoch", "loss", "gain", "tiny"])
    }

    #[test]
    fn names_are_pythons() {
        let rows = [
            ("plain.keras", "plain.keras"),
            ("{epoch}-{loss}", "7-0.12345"),
            ("{epoch:02d}-{loss:.2f}.keras", "07-0.12.keras"),
            ("{epoch:4d}|{epoch:<4d}|{epoch:^4}|{epoch:+d}|{epoch:*>3}", "   7|7   | 7  |+7|**7"),
            ("{gain:.2f}|{gain:08.3f}|{gain: .1f}|{loss: .1f}|{loss:.3e}|{loss:.1%}", "-1.50|-001.500|-1.5| 0.1|1.235e-01|12.3%"),
            ("{tiny}|{epoch:.1f}|{{x}}|{loss:f}|{loss:e}", "1.2e-07|7.0|{x}|0.123450|1.234500e-01"),
        ];
        for (pattern, expected) in rows {
            assert_eq!(filled(pattern).unwrap(), expected, "{pattern}");
        }
    }

    #[test]
    fn mistakes_are_errors() {
        assert_eq!(filled("{los}").unwrap_err().to_string(), "unknown log in `filepath` `los`, did you mean `loss`?");
        for pattern in ["{epoch", "epoch}", "{epoch:q}", "{loss:d}", "{epoch:.2d}", "{loss:.2.2f}", "{epoch:9999d}", "{loss:.é}", "{"] {
            let error = filled(pattern).unwrap_err().to_string();
            assert!(error.starts_with("ModelCheckpoint: `filepath` must be a name"), "{pattern}: {error}");
        }
    }
}
