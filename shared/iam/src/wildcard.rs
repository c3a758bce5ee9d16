//! IAM's wildcards.

/// Whether a pattern with `*` (any text) and `?` (any one character) matches a whole text, upper and lower case apart.
///
/// Linear in time but for one step back a star.
///
/// ```
/// assert!(iam::matches("s3:Get*", "s3:GetObject"));
/// assert!(!iam::matches("s3:Get?", "s3:Get"));
/// ```
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(b'?') => {
                p += 1;
                t += 1;
            }
            Some(byte) if text.get(t) == Some(byte) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|b| *b == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_take_as_much_as_they_need() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c*e", "abcde", true),
            ("a*c", "abcd", false),
            ("arn:aws:iam::*:role/aiops-*", "arn:aws:iam::1:role/aiops-read", true),
            ("a**b", "axxb", true),
            ("?", "", false),
            ("*aab", "aaaaab", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
