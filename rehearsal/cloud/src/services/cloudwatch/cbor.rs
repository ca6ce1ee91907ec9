//! CBOR (RFC 8949), as far as AWS's SDKs write it: the protocol `smithy-rpc-v2-cbor`.
//!
//! What is read becomes JSON: bytes become text where they are, a tag is left out and its content stays (a time is its number of
//! seconds), and numbers that JSON has not are refused.

use serde_json::{Map, Number, Value};

/// How deep values may be nested.
const DEEPEST: usize = 32;

/// Why bytes are no CBOR that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {what}")]
pub(super) struct Unreadable {
    at: usize,
    what: &'static str,
}

/// Reads one value, which is all that there is.
///
/// # Errors
/// Where it is no CBOR, or has what JSON has not.
pub(super) fn read(bytes: &[u8]) -> Result<Value, Unreadable> {
    let mut reader = Reader { bytes, at: 0 };
    let value = reader.value(0)?;
    if reader.at < bytes.len() {
        return Err(reader.error("something follows the value"));
    }
    Ok(value)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The end of what has no length of its own.
const BREAK: u8 = 0xff;

impl<'a> Reader<'a> {
    fn error(&self, what: &'static str) -> Unreadable {
        Unreadable { at: self.at, what }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Unreadable> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| self.error("it ends too early"))?;
        self.at += count;
        Ok(taken)
    }

    /// Takes the break, where it is next.
    fn ends(&mut self) -> bool {
        let ends = self.bytes.get(self.at) == Some(&BREAK);
        self.at += usize::from(ends);
        ends
    }

    /// The argument of a head; `None` for an indefinite length.
    fn argument(&mut self, low: u8) -> Result<Option<u64>, Unreadable> {
        let width = match low {
            0..24 => return Ok(Some(low.into())),
            24..28 => 1 << (low - 24),
            31 => return Ok(None),
            _ => return Err(self.error("the head is reserved")),
        };
        let bytes = self.take(width)?;
        Ok(Some(
            bytes
                .iter()
                .fold(0, |all, byte| all << 8 | u64::from(*byte)),
        ))
    }

    fn value(&mut self, depth: usize) -> Result<Value, Unreadable> {
        if depth > DEEPEST {
            return Err(self.error("it is nested too deep"));
        }
        let head = self.take(1)?[0];
        let (major, low) = (head >> 5, head & 0x1f);
        if major == 7 {
            return self.simple(low);
        }
        let argument = self.argument(low)?;
        let definite = |reader: &Self| argument.ok_or_else(|| reader.error("it has no length"));
        match major {
            0 => Ok(definite(self)?.into()),
            1 => {
                let below = definite(self)?;
                let number = i64::try_from(below).map(|below| -1 - below);
                number
                    .map(Value::from)
                    .map_err(|_| self.error("the number is too small"))
            }
            2 | 3 => self.text(major, argument, depth).map(Value::String),
            4 => self.array(argument, depth),
            5 => self.map(argument, depth),
            _ => {
                definite(self)?;
                self.value(depth + 1)
            }
        }
    }

    /// Text or bytes; of an indefinite length they come in pieces.
    fn text(&mut self, major: u8, length: Option<u64>, depth: usize) -> Result<String, Unreadable> {
        if let Some(length) = length {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let bytes = self.take(length)?;
            return Ok(String::from_utf8_lossy(bytes).into_owned());
        }
        let mut whole = String::new();
        while !self.ends() {
            let head = *self
                .bytes
                .get(self.at)
                .ok_or_else(|| self.error("it ends too early"))?;
            // A piece has a length, and no pieces of its own.
            if head >> 5 != major || head & 0x1f == 31 {
                return Err(self.error("a piece of a text is something else"));
            }
            match self.value(depth + 1)? {
                Value::String(piece) => whole.push_str(&piece),
                _ => return Err(self.error("a piece of a text is something else")),
            }
        }
        Ok(whole)
    }

    fn array(&mut self, length: Option<u64>, depth: usize) -> Result<Value, Unreadable> {
        let mut items = Vec::new();
        let mut left = length;
        while self.has_more(&mut left) {
            items.push(self.value(depth + 1)?);
        }
        Ok(Value::Array(items))
    }

    fn map(&mut self, length: Option<u64>, depth: usize) -> Result<Value, Unreadable> {
        let mut members = Map::new();
        let mut left = length;
        while self.has_more(&mut left) {
            let Value::String(key) = self.value(depth + 1)? else {
                return Err(self.error("a key is no text"));
            };
            members.insert(key, self.value(depth + 1)?);
        }
        Ok(Value::Object(members))
    }

    fn has_more(&mut self, left: &mut Option<u64>) -> bool {
        match left {
            None => !self.ends(),
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    fn simple(&mut self, low: u8) -> Result<Value, Unreadable> {
        let float = match low {
            20 => return Ok(false.into()),
            21 => return Ok(true.into()),
            22 | 23 => return Ok(Value::Null),
            25 => half(self.word(2)?),
            26 => f32::from_bits(u32::try_from(self.word(4)?).unwrap_or_default()).into(),
            27 => f64::from_bits(self.word(8)?),
            31 => return Err(self.error("nothing ends here")),
            _ => return Err(self.error("the value is not known")),
        };
        let number = Number::from_f64(float);
        number
            .map(Value::Number)
            .ok_or_else(|| self.error("the number is not finite"))
    }

    fn word(&mut self, width: usize) -> Result<u64, Unreadable> {
        let bytes = self.take(width)?;
        Ok(bytes
            .iter()
            .fold(0, |all, byte| all << 8 | u64::from(*byte)))
    }
}

/// A number of half precision (RFC 8949, appendix D).
fn half(bits: u64) -> f64 {
    let (exponent, mantissa) = ((bits >> 10) & 0x1f, bits & 0x3ff);
    #[expect(clippy::cast_precision_loss, reason = "it has ten bits")]
    let mantissa = mantissa as f64;
    let scale = |power: i32| 2_f64.powi(power);
    let exponent = i32::try_from(exponent).unwrap_or_default();
    let magnitude = match exponent {
        0 => mantissa * scale(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (mantissa + 1_024.0) * scale(exponent - 25),
    };
    if bits & 0x8000 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        // RFC 8949, appendix A.
        for (hex, value) in [
            ("00", json!(0)),
            ("1903e8", json!(1_000)),
            ("1bffffffffffffffff", json!(u64::MAX)),
            ("3863", json!(-100)),
            ("f93c00", json!(1.0)),
            ("f97bff", json!(65_504.0)),
            ("f90001", json!(5.960_464_477_539_063e-8)),
            ("f9c400", json!(-4.0)),
            ("fa47c35000", json!(100_000.0)),
            ("fb3ff199999999999a", json!(1.1)),
            ("f4", json!(false)),
            ("f6", json!(null)),
            ("c11a514b67b0", json!(1_363_896_240)),
            ("c1fb41d452d9ec200000", json!(1_363_896_240.5)),
            ("6449455446", json!("IETF")),
            ("7f657374726561646d696e67ff", json!("streaming")),
            ("83010203", json!([1, 2, 3])),
            ("9f018202039f0405ffff", json!([1, [2, 3], [4, 5]])),
            ("a26161016162820203", json!({"a": 1, "b": [2, 3]})),
            ("bf6346756ef563416d7421ff", json!({"Fun": true, "Amt": -2})),
        ] {
            assert_eq!(read(&bytes(hex)), Ok(value), "{hex}");
        }
    }

    #[test]
    fn what_is_cut_off_or_no_json_is_refused_at_its_byte() {
        for hex in [
            "",
            "19",
            "1903",
            "62",
            "82",
            "8201",
            "a1",
            "a161",
            "bf6161",
            "7f",
            "7f01ff",
            "f97c00",
            "f97e00",
            "ff",
            "1c",
            "0000",
            "a10102",
            "5f",
            "9bffffffffffffffff",
            "7bffffffffffffffff61",
        ] {
            assert!(read(&bytes(hex)).is_err(), "{hex}");
        }
        let deep = [vec![0x81; 100], vec![0]].concat();
        assert!(read(&deep).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(&bytes);
        }
    }
}
