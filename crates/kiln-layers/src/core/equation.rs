//! The equation of an einsum layer, and the shapes that follow from it.

use kiln_core::{Error, Result, Shape};

const WHO: &str = "EinsumDense";

/// The labels of input, kernel and output; axes behind `...` have labels of their own.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    pub(super) input: Vec<char>,
    pub(super) kernel: Vec<char>,
    pub(super) output: Vec<char>,
}

/// What an equation means for an input of a given shape.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) labels: Labels,
    pub(super) output: Shape,
    pub(super) kernel: Vec<usize>,
    /// The inputs and the outputs of a unit.
    pub(super) fans: [usize; 2],
    pub(super) bias: Option<Vec<usize>>,
}

impl Labels {
    /// How many labels are summed over, when the equation is a product of matrices as it stands: the last axes of the input are
    /// the first of the kernel, and the others follow one another in the output.
    pub(super) fn as_dense(&self) -> Option<usize> {
        let Self { input, kernel, output } = self;
        let summed = kernel.iter().take_while(|l| input.contains(l) && !output.contains(l)).count();
        let (summed_labels, units) = kernel.split_at(summed);
        let free = input.strip_suffix(summed_labels)?;
        let follows = output.strip_prefix(free) == Some(units);
        (follows && summed > 0 && !units.is_empty() && !free.is_empty()).then_some(summed)
    }
}

fn invalid(equation: &str) -> Error {
    let expected = "of the form `ab,bc->ac`, `...b,bc->...c` or `ab...,bc->ac...`, each letter once in a term";
    Error::option(WHO, "equation", expected, format!("`{equation}`"))
}

/// The three terms, and whether the axes that are left out are before or after the letters.
fn terms(equation: &str) -> Option<([Vec<char>; 3], Option<bool>)> {
    let (inputs, output) = equation.split_once("->")?;
    let (input, kernel) = inputs.split_once(',')?;
    let before = input.starts_with("...") && output.starts_with("...");
    let after = input.ends_with("...") && output.ends_with("...");
    let strip = |term: &str| -> String {
        let term = if before { term.strip_prefix("...").unwrap_or(term) } else { term };
        if after && !before { term.strip_suffix("...").unwrap_or(term).to_owned() } else { term.to_owned() }
    };
    let letters = |term: String| -> Option<Vec<char>> {
        let letters: Vec<char> = term.chars().collect();
        let once = letters.iter().enumerate().all(|(i, l)| l.is_ascii_alphabetic() && !letters[..i].contains(l));
        (once && !letters.is_empty()).then_some(letters)
    };
    let terms = [letters(strip(input))?, letters(kernel.to_owned())?, letters(strip(output))?];
    // The batch must be among the letters when the axes left out come last.
    let enough = before || !after || terms[0].len() >= 2;
    enough.then_some((terms, before.then_some(true).or(after.then_some(false))))
}

impl Plan {
    /// `partial` is the output's shape without the batch axis, `None` where the input's size is taken over, and without the axes
    /// behind `...`.
    pub(super) fn new(equation: &str, partial: &[Option<usize>], bias_axes: Option<&str>, input: &Shape) -> Result<Self> {
        let (mut terms, elided) = terms(equation).ok_or_else(|| invalid(equation))?;
        let hidden = input.rank().checked_sub(terms[0].len()).filter(|n| *n == 0 || elided.is_some());
        let Some(hidden) = hidden else {
            let at_least = if elided.is_some() { "at least " } else { "" };
            return Err(Error::shape(WHO, format!("an input of {at_least}{} axes for `{equation}`", terms[0].len()), input));
        };
        let before = elided == Some(true);
        // Labels that no equation has, for the axes that `...` stands for.
        let own = (0..hidden).filter_map(|i| char::from_u32(0xE000 + i as u32));
        for term in [0, 2] {
            let at = if before { 0 } else { terms[term].len() };
            terms[term].splice(at..at, own.clone());
        }
        let [a, kernel, out] = terms;
        if out.len() > 8 || kernel.len() > 8 {
            return Err(Error::option(WHO, "equation", "of at most 8 axes in a term", format!("`{equation}` on {input}")));
        }
        let find = |label: &char| a.iter().position(|l| l == label);
        let from_input = |label: &char| find(label).and_then(|i| input.axes()[i]);

        let mut given: Vec<Option<usize>> = vec![input.axes().first().copied().flatten()];
        given.extend(partial);
        if before {
            let hidden_axes = input.axes().get(1..hidden.max(1)).unwrap_or_default();
            given.splice(1..1, hidden_axes.iter().copied());
        } else {
            given.extend(&input.axes()[input.rank() - hidden..]);
        }
        if given.len() != out.len() {
            let expected =
                format!("{} sizes for the output of `{equation}` on {input}", (out.len() + partial.len()).saturating_sub(given.len()));
            return Err(Error::option(WHO, "output_shape", expected, Shape::new(partial.to_vec())));
        }
        let mut output = Vec::with_capacity(out.len());
        for (label, size) in out.iter().zip(&given) {
            if find(label).is_none() && !kernel.contains(label) {
                return Err(invalid(equation).hint(format!("`{label}` of the output is in no other term")));
            }
            match (size, from_input(label)) {
                (Some(size), Some(real)) if *size != real => {
                    let expected = format!("{real} on the axis `{label}` of `{equation}`, as the input");
                    return Err(Error::option(WHO, "output_shape", expected, size));
                }
                (size, real) => output.push(size.or(real)),
            }
        }
        let size = |label: &char| out.iter().position(|l| l == label).and_then(|i| output[i]).or_else(|| from_input(label));
        let known = |label: &char| {
            size(label).ok_or_else(|| Error::shape(WHO, format!("a known size of the axis `{label}` of `{equation}`"), input))
        };
        let mut shape = Vec::with_capacity(kernel.len());
        let mut fans = [1, 1];
        for label in &kernel {
            if !out.contains(label) && find(label).is_none() {
                return Err(invalid(equation).hint(format!("`{label}` of the kernel is in no other term")));
            }
            let n = known(label)?;
            let fan: &mut usize = &mut fans[usize::from(out.contains(label))];
            // Absurd sizes are refused when the weight is made.
            *fan = fan.saturating_mul(n);
            shape.push(n);
        }
        let bias = bias_axes.map(|axes| -> Result<Vec<usize>> {
            let stranger = axes.chars().find(|l| !out.contains(l) || !l.is_ascii_alphabetic());
            let first = out.iter().position(|l| axes.contains(*l));
            let (None, Some(first)) = (stranger, first) else {
                return Err(Error::option(WHO, "bias_axes", format!("letters of the output of `{equation}`"), format!("`{axes}`")));
            };
            out[first..].iter().map(|l| if axes.contains(*l) { known(l) } else { Ok(1) }).collect()
        });
        let bias = bias.transpose()?;
        Ok(Self { labels: Labels { input: a, kernel, output: out }, output: Shape::new(output), kernel: shape, fans, bias })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(equation: &str, partial: &[Option<usize>], bias: Option<&str>, input: &[usize]) -> Result<Plan> {
        Plan::new(equation, partial, bias, &Shape::batch_of(input))
    }

    #[test]
    fn shapes_follow_keras_rules() {
        let p = plan("abc,cde->abde", &[None, Some(4), Some(5)], Some("de"), &[2, 3]).unwrap();
        assert_eq!(
            (p.output.to_string().as_str(), p.kernel, p.fans, p.bias),
            ("(None, 2, 4, 5)", vec![3, 4, 5], [3, 20], Some(vec![4, 5]))
        );
        let p = plan("...x,xy->...y", &[Some(64)], Some("y"), &[32, 128]).unwrap();
        assert_eq!((p.output.to_string().as_str(), p.kernel, p.bias), ("(None, 32, 64)", vec![128, 64], Some(vec![64])));
        let p = plan("ab...,bc->ac...", &[Some(7)], Some("c"), &[3, 4, 5]).unwrap();
        assert_eq!((p.output.to_string().as_str(), p.kernel, p.bias), ("(None, 7, 4, 5)", vec![3, 7], Some(vec![7, 1, 1])));
        // The bias has one value along output axes between its own.
        let p = plan("abc,cd->abd", &[None, Some(4)], Some("b"), &[2, 3]).unwrap();
        assert_eq!(p.bias, Some(vec![2, 1]));
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |equation: &str, partial: &[Option<usize>], bias, input: &[usize]| {
            plan(equation, partial, bias, input).unwrap_err().to_string()
        };
        let form = "EinsumDense: `equation` must be of the form `ab,bc->ac`, `...b,bc->...c` or `ab...,bc->ac...`, each letter once in a term, received";
        assert_eq!(
            of("ab,bcdefghij->acdefghij", &[Some(1); 8], None, &[2]),
            "EinsumDense: `equation` must be of at most 8 axes in a term, received `ab,bcdefghij->acdefghij` on (None, 2)"
        );
        assert_eq!(of("ab,bc", &[Some(1)], None, &[2]), format!("{form} `ab,bc`"));
        assert_eq!(of("aab,bc->ac", &[Some(1)], None, &[2]), format!("{form} `aab,bc->ac`"));
        assert_eq!(of("...b,bc->c", &[Some(1)], None, &[2]), format!("{form} `...b,bc->c`"));
        assert_eq!(of("ab,bc->ad", &[Some(1)], None, &[2]), format!("{form} `ab,bc->ad`; `d` of the output is in no other term"));
        assert_eq!(of("ab,bcd->ac", &[Some(1)], None, &[2]), format!("{form} `ab,bcd->ac`; `d` of the kernel is in no other term"));
        assert_eq!(
            of("abc,cd->abd", &[Some(1), Some(2)], None, &[3]),
            "EinsumDense: expected an input of 3 axes for `abc,cd->abd`, received (None, 3)"
        );
        assert_eq!(
            of("ab,bc->ac", &[Some(1), Some(2)], None, &[3]),
            "EinsumDense: `output_shape` must be 1 sizes for the output of `ab,bc->ac` on (None, 3), received (1, 2)"
        );
        assert_eq!(
            of("abc,cd->abd", &[Some(1), Some(2)], None, &[3, 4]),
            "EinsumDense: `output_shape` must be 3 on the axis `b` of `abc,cd->abd`, as the input, received 1"
        );
        assert_eq!(
            of("ab,bc->ac", &[Some(1)], Some("d"), &[3]),
            "EinsumDense: `bias_axes` must be letters of the output of `ab,bc->ac`, received `d`"
        );
        assert_eq!(
            of("ab,bc->ac", &[None], None, &[3]),
            "EinsumDense: expected a known size of the axis `c` of `ab,bc->ac`, received (None, 3)"
        );
    }

    #[test]
    fn products_of_matrices_are_known() {
        let of = |equation: &str| {
            let ([input, kernel, output], _) = terms(equation).unwrap();
            Labels { input, kernel, output }.as_dense()
        };
        assert_eq!((of("ab,bc->ac"), of("abc,cde->abde"), of("abcd,cde->abe")), (Some(1), Some(1), Some(2)));
        // Axes in another order, shared ones, and no units.
        for other in ["abc,dc->abd", "abc,bcd->abd", "abcd,dce->abe", "ab,b->a", "abc,cd->adb", "abc,cd->ad"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
