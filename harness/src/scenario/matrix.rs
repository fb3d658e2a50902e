//! The `matrix` section: axes are field paths of the document, so their values are checked by the
//! same schema; cells are the product of the axes without those excluded.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_yaml::Value;

/// Variants of a document.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Field paths (`machine.memory`) and their values.
    pub axes: Axes,
    /// Cells left out: each names axes and values.
    #[serde(default)]
    pub exclude: Vec<Selection>,
}

/// Field paths and their values, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes(pub Vec<(String, Vec<Value>)>);

/// Axis values that select cells, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection(pub Vec<(String, Value)>);

struct Ordered<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Ordered<T> {
    type Value = Vec<(String, T)>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of field paths such as machine.memory")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

impl<'de> Deserialize<'de> for Axes {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_map(Ordered(std::marker::PhantomData)).map(Axes)
    }
}

impl<'de> Deserialize<'de> for Selection {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_map(Ordered(std::marker::PhantomData)).map(Selection)
    }
}

impl JsonSchema for Axes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Axes".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "minProperties": 1,
            "propertyNames": {"pattern": "^[a-z_]+(\\.[a-z_]+)*$"},
            "additionalProperties": {"type": "array", "minItems": 1}})
    }
}

impl JsonSchema for Selection {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Selection".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "minProperties": 1})
    }
}

/// One choice of a value for every axis.
pub type Choice<'a> = Vec<(&'a str, &'a Value)>;

impl Matrix {
    /// Every cell that is not excluded, the last axis varying fastest.
    pub fn choices(&self) -> Vec<Choice<'_>> {
        let mut all: Vec<Choice<'_>> = vec![Vec::new()];
        for (path, values) in &self.axes.0 {
            all = all
                .into_iter()
                .flat_map(|c| values.iter().map(move |v| [c.as_slice(), &[(path.as_str(), v)]].concat()))
                .collect();
        }
        all.retain(|c| !self.exclude.iter().any(|x| x.selects(c)));
        all
    }

    /// Number of cells before exclusion; `None` when it is absurd.
    pub fn product(&self) -> Option<usize> {
        self.axes.0.iter().try_fold(1usize, |n, (_, v)| n.checked_mul(v.len())).filter(|n| *n <= 1024)
    }
}

impl Selection {
    /// Whether every pair named here is in `choice`.
    pub fn selects(&self, choice: &Choice<'_>) -> bool {
        self.0.iter().all(|(p, v)| choice.iter().any(|(cp, cv)| cp == p && *cv == v))
    }
}

/// Sets the field at a dotted path, making mappings on the way.
pub fn put(value: &mut Value, path: &str, new: Value) {
    let mut at = value;
    for key in path.split('.') {
        if !at.is_mapping() {
            *at = Value::Mapping(serde_yaml::Mapping::new());
        }
        let Value::Mapping(map) = at else { return };
        at = map.entry(Value::String(key.into())).or_insert(Value::Null);
    }
    *at = new;
}

/// The value as it appears in a test's name.
pub fn value_text(value: &Value) -> String {
    let text = match value {
        Value::String(s) => s.clone(),
        Value::Number(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        other => serde_yaml::to_string(other).unwrap_or_default().trim().to_string(),
    };
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "_+-".contains(c) { c } else { '-' }).collect()
}
