//! The part of Python's literals that NumPy writes into a header: strings, whole numbers, truth values, `None`, tuples, lists, dicts.
//!
//! A parser of our own, as evaluating what a file says is out of the question; strict, with a bound on depth.

use std::iter::Peekable;
use std::str::Chars;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    None,
    Bool(bool),
    Whole(u64),
    Text(String),
    /// A tuple or a list.
    Sequence(Vec<Literal>),
    Dict(Vec<(Literal, Literal)>),
}

/// Deeper nesting than any dtype that NumPy can describe in practice.
const DEEPEST: usize = 16;

impl Literal {
    /// Parse the whole of `text`; the error says what was met.
    pub(super) fn parse(text: &str) -> Result<Literal, String> {
        let mut parser = Parser { rest: text.chars().peekable() };
        let value = parser.value(0)?;
        parser.skip_blanks();
        match parser.rest.next() {
            None => Ok(value),
            Some(left) => Err(format!("{left:?} after the end")),
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Literal::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_whole(&self) -> Option<u64> {
        match self {
            Literal::Whole(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn as_sequence(&self) -> Option<&[Literal]> {
        match self {
            Literal::Sequence(items) => Some(items),
            _ => None,
        }
    }
}

struct Parser<'a> {
    rest: Peekable<Chars<'a>>,
}

impl Parser<'_> {
    fn skip_blanks(&mut self) {
        while self.rest.next_if(|c| c.is_ascii_whitespace()).is_some() {}
    }

    fn value(&mut self, depth: usize) -> Result<Literal, String> {
        if depth > DEEPEST {
            return Err(format!("more than {DEEPEST} nested brackets"));
        }
        self.skip_blanks();
        match self.rest.next() {
            Some('(') => self.items(')', depth),
            Some('[') => self.items(']', depth),
            Some('{') => self.pairs(depth),
            Some(quote @ ('\'' | '"')) => self.text(quote),
            Some(digit @ '0'..='9') => self.whole(digit),
            // Python 2 wrote u'...' and b'...'.
            Some('u' | 'b') if matches!(self.rest.peek(), Some('\'' | '"')) => {
                self.rest.next().map_or_else(|| Err("the end".to_string()), |quote| self.text(quote))
            }
            Some(letter) if letter.is_ascii_alphabetic() => self.word(letter),
            Some(other) => Err(format!("{other:?}")),
            None => Err("the end".to_string()),
        }
    }

    /// One value, or several with commas between, up to `close`. `(3)` is a number in brackets.
    fn items(&mut self, close: char, depth: usize) -> Result<Literal, String> {
        let mut items = Vec::new();
        let mut commas = 0;
        loop {
            self.skip_blanks();
            if self.rest.next_if_eq(&close).is_some() {
                break;
            }
            if items.len() > commas {
                return Err(format!("no comma after item {commas}"));
            }
            items.push(self.value(depth + 1)?);
            self.skip_blanks();
            commas += usize::from(self.rest.next_if_eq(&',').is_some());
        }
        match (close, items.len(), commas) {
            (')', 1, 0) => Ok(items.remove(0)),
            _ => Ok(Literal::Sequence(items)),
        }
    }

    fn pairs(&mut self, depth: usize) -> Result<Literal, String> {
        let mut pairs = Vec::new();
        loop {
            self.skip_blanks();
            if self.rest.next_if_eq(&'}').is_some() {
                return Ok(Literal::Dict(pairs));
            }
            let key = self.value(depth + 1)?;
            self.skip_blanks();
            if self.rest.next_if_eq(&':').is_none() {
                return Err("a key without a colon".to_string());
            }
            pairs.push((key, self.value(depth + 1)?));
            self.skip_blanks();
            if self.rest.next_if_eq(&',').is_none() && self.rest.peek() != Some(&'}') {
                return Err("no comma between pairs".to_string());
            }
        }
    }

    fn text(&mut self, quote: char) -> Result<Literal, String> {
        let mut text = String::new();
        loop {
            match self.rest.next() {
                None => return Err("a string without end".to_string()),
                Some(c) if c == quote => return Ok(Literal::Text(text)),
                Some('\\') => text.push(self.escape()?),
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let digits = match self.rest.next() {
            Some(c @ ('\\' | '\'' | '"')) => return Ok(c),
            Some('n') => return Ok('\n'),
            Some('t') => return Ok('\t'),
            Some('r') => return Ok('\r'),
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            other => return Err(format!("the escape {other:?}")),
        };
        let mut code = 0;
        for _ in 0..digits {
            let digit = self.rest.next().and_then(|c| c.to_digit(16)).ok_or("an escape cut short")?;
            code = code << 4 | digit;
        }
        char::from_u32(code).ok_or_else(|| format!("the character {code:#x}"))
    }

    fn whole(&mut self, first: char) -> Result<Literal, String> {
        let mut number = u64::from(first.to_digit(10).unwrap_or_default());
        while let Some(c) = self.rest.next_if(char::is_ascii_digit) {
            let digit = u64::from(c.to_digit(10).unwrap_or_default());
            number = number
                .checked_mul(10)
                .and_then(|number| number.checked_add(digit))
                .ok_or("a number beyond 64 bits")?;
        }
        // Python 2 wrote long integers so.
        self.rest.next_if_eq(&'L');
        Ok(Literal::Whole(number))
    }

    fn word(&mut self, first: char) -> Result<Literal, String> {
        let mut word = String::from(first);
        while let Some(c) = self.rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
            word.push(c);
        }
        match word.as_str() {
            "True" => Ok(Literal::Bool(true)),
            "False" => Ok(Literal::Bool(false)),
            "None" => Ok(Literal::None),
            _ => Err(format!("{word:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_numpy_writes() {
        let parsed = Literal::parse(
            "{'descr': [('a', '<f8', (2, 3)), ((u'T\\x41', 'b'), '|b1')], 'shape': (3L,), 'x': (1, ), 'y': (4), 'z': ()}   \n",
        );
        let text = |text: &str| Literal::Text(text.to_string());
        let expected = Literal::Dict(vec![
            (
                text("descr"),
                Literal::Sequence(vec![
                    Literal::Sequence(vec![
                        text("a"),
                        text("<f8"),
                        Literal::Sequence(vec![Literal::Whole(2), Literal::Whole(3)]),
                    ]),
                    Literal::Sequence(vec![Literal::Sequence(vec![text("TA"), text("b")]), text("|b1")]),
                ]),
            ),
            (text("shape"), Literal::Sequence(vec![Literal::Whole(3)])),
            (text("x"), Literal::Sequence(vec![Literal::Whole(1)])),
            (text("y"), Literal::Whole(4)),
            (text("z"), Literal::Sequence(vec![])),
        ]);
        assert_eq!(parsed.unwrap(), expected);
    }

    #[test]
    fn what_it_does_not() {
        for wrong in [
            "",
            "{",
            "(1",
            "(1 2)",
            "{'a' 1}",
            "{'a': 1 'b': 2}",
            "'a",
            "'\\q'",
            "-1",
            "1.5",
            "open('x')",
            "18446744073709551616",
            "1 2",
            "'\\ud800'",
        ] {
            assert!(Literal::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Literal::parse(&"(".repeat(1_000_000)).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "[\\[\\](){}:,'\"\\\\uxLbTrue0-9 ]{0,60}") {
            Literal::parse(&text).map(drop).unwrap_or_default();
        }
    }
}
