//! The encoding of digests: values one after the other, little-endian, each at its own width. No lengths,
//! no names, nothing for what is absent: it is compared and never read.

use std::fmt;

use serde::ser::{self, Serialize};

use super::UNDIGESTED;

/// Appends the fingerprint of `value` to `out`. Parts in [`super::Undigested`] are left out.
pub fn fingerprint<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let done = value.serialize(Writer(out));
    debug_assert!(done.is_ok(), "a Serialize that fails by itself");
}

/// A [`Serialize`] has refused its own value; ours do not.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value cannot be written")
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Refused
    }
}

struct Writer<'a>(&'a mut Vec<u8>);

macro_rules! little_endian {
    ($($method:ident $type:ty;)*) => { $(
        fn $method(self, v: $type) -> Result<(), Refused> {
            self.0.extend_from_slice(&v.to_le_bytes());
            Ok(())
        }
    )* };
}

impl ser::Serializer for Writer<'_> {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    little_endian! {
        serialize_i8 i8; serialize_i16 i16; serialize_i32 i32; serialize_i64 i64; serialize_i128 i128;
        serialize_u8 u8; serialize_u16 u16; serialize_u32 u32; serialize_u64 u64; serialize_u128 u128;
        serialize_f32 f32; serialize_f64 f64;
    }

    fn serialize_bool(self, v: bool) -> Result<(), Refused> {
        self.serialize_u8(v.into())
    }

    fn serialize_char(self, v: char) -> Result<(), Refused> {
        self.serialize_u32(v.into())
    }

    fn serialize_str(self, v: &str) -> Result<(), Refused> {
        self.serialize_bytes(v.as_bytes())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), Refused> {
        self.0.extend_from_slice(v);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Refused> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, v: &T) -> Result<(), Refused> {
        v.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Refused> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Refused> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, n: u32, _: &'static str) -> Result<(), Refused> {
        self.serialize_u32(n)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        v: &T,
    ) -> Result<(), Refused> {
        if name == UNDIGESTED { Ok(()) } else { v.serialize(self) }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        n: u32,
        _: &'static str,
        v: &T,
    ) -> Result<(), Refused> {
        self.0.extend_from_slice(&n.to_le_bytes());
        v.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        n: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        self.0.extend_from_slice(&n.to_le_bytes());
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        n: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        self.0.extend_from_slice(&n.to_le_bytes());
        Ok(self)
    }
}

/// Elements and fields, one after the other.
macro_rules! in_order {
    ($($compound:ident $method:ident ($($key:ty)?);)*) => { $(
        impl ser::$compound for Writer<'_> {
            type Ok = ();
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $key,)? v: &T) -> Result<(), Refused> {
                v.serialize(Writer(self.0))
            }

            fn end(self) -> Result<(), Refused> {
                Ok(())
            }
        }
    )* };
}

in_order! {
    SerializeSeq serialize_element ();
    SerializeTuple serialize_element ();
    SerializeTupleStruct serialize_field ();
    SerializeTupleVariant serialize_field ();
    SerializeStruct serialize_field (&'static str);
    SerializeStructVariant serialize_field (&'static str);
}

impl ser::SerializeMap for Writer<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        key.serialize(Writer(self.0))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), Refused> {
        v.serialize(Writer(self.0))
    }

    fn end(self) -> Result<(), Refused> {
        Ok(())
    }
}
