//! A catalog as a scenario asks for it: a product's file, with some of its settings otherwise.

use serde_json::Value;

use super::act::MemberLimit;

/// A catalog file and what is otherwise in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// `studiotwin` is `catalogs/studiotwin.toml`; with a slash it is a path from the project's root.
    pub file: String,
    /// `policies.upgrade = "new_cycle"`, `tool.motion-edit.price = 7`
    pub settings: Vec<Setting>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub path: String,
    /// As TOML; nothing takes the setting out of the file.
    pub value: Option<String>,
}

impl Setting {
    /// Reads `policies.upgrade = "new_cycle"`.
    pub fn read(text: &str) -> Result<Setting, String> {
        let (path, value) = text.split_once('=').ok_or_else(|| format!("{text:?} sets nothing: say path = value"))?;
        Ok(Setting { path: path.trim().to_owned(), value: Some(value.trim().to_owned()) })
    }
}

impl Draft {
    pub fn path(&self) -> String {
        if self.file.contains('/') { self.file.clone() } else { format!("catalogs/{}.toml", self.file) }
    }

    /// The catalog as JSON, from the text of its file.
    pub fn json(&self, file: &str) -> Result<String, String> {
        let mut catalog = from_toml(file)?;
        for setting in &self.settings {
            let value = setting.value.as_deref().map(|value| value_of(value, &setting.path)).transpose()?;
            set(&mut catalog, &parts(&setting.path), value)
                .map_err(|reason| format!("with {}: {reason}", setting.path))?;
        }
        Ok(catalog.to_string())
    }
}

fn from_toml(text: &str) -> Result<Value, String> {
    let json = scrip_catalog::toml_as_json(text).map_err(|wrong| {
        wrong.first().map(|diagnostic| diagnostic.to_string()).unwrap_or_else(|| "is not TOML".to_owned())
    })?;
    serde_json::from_str(&json).map_err(|wrong| wrong.to_string())
}

fn value_of(value: &str, path: &str) -> Result<Value, String> {
    let table = from_toml(&format!("it = {value}\n")).map_err(|wrong| format!("with {path}: {wrong}"))?;
    table.get("it").cloned().ok_or_else(|| format!("with {path}: {value:?} is no value"))
}

/// What is agreed with one customer, as JSON: the plan's own table, in the shape of the catalog.
pub fn overrides(plan: &str, terms: &[Setting]) -> Result<String, String> {
    let mut table = Value::Object(serde_json::Map::new());
    for setting in terms {
        let value = setting.value.as_deref().map(|value| value_of(value, &setting.path)).transpose()?;
        set(&mut table, &parts(&setting.path), value)?;
    }
    Ok(serde_json::json!({ "plans": { plan: table } }).to_string())
}

/// Limits of a member, as JSON in the shape of a plan's.
pub fn limits(limits: &[MemberLimit]) -> Result<Option<String>, String> {
    let mut list = Vec::new();
    for limit in limits {
        let kind = match limit.what.as_str() {
            "credits" => "spend",
            "jobs" => "jobs",
            "jobs at once" => "jobs_in_flight",
            other => return Err(format!("{other:?}: say credits, jobs or jobs at once")),
        };
        let mut table = serde_json::json!({ "kind": kind, "at_most": limit.at_most });
        if kind != "spend" {
            let number: u64 = limit.at_most.parse().map_err(|_| format!("{:?} is no number", limit.at_most))?;
            table["at_most"] = Value::from(number);
        }
        if let Some(per) = &limit.per {
            table["per"] = Value::from(per.as_str());
        }
        list.push(table);
    }
    Ok((!list.is_empty()).then(|| Value::Array(list).to_string()))
}

/// Parts of a path; one in quotes may have dots of its own.
fn parts(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for letter in path.chars() {
        match letter {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            letter => parts.last_mut().expect("there is one").push(letter),
        }
    }
    parts
}

/// Sets what a path leads to. In a list of tables a part names the table with that id, or a new one.
fn set(place: &mut Value, path: &[String], value: Option<Value>) -> Result<(), String> {
    let Some((first, rest)) = path.split_first() else {
        *place = value.unwrap_or(Value::Null);
        return Ok(());
    };
    match place {
        Value::Array(items) => {
            let named = |item: &Value| item.get("id").and_then(Value::as_str) == Some(first);
            let found = items.iter().position(named);
            if rest.is_empty() && value.is_none() {
                found.map(|index| items.remove(index)).ok_or_else(|| format!("there is no {first}"))?;
                return Ok(());
            }
            let index = found.unwrap_or_else(|| {
                items.push(serde_json::json!({ "id": first }));
                items.len() - 1
            });
            set(&mut items[index], rest, value)?;
            if let Value::Object(table) = &mut items[index] {
                table.insert("id".to_owned(), Value::from(first.as_str()));
            }
            Ok(())
        }
        Value::Object(table) => {
            if rest.is_empty() && value.is_none() {
                return table.remove(first).map(drop).ok_or_else(|| format!("there is no {first}"));
            }
            let list = ["bucket", "tool", "plan", "pack", "add_on", "promotion"].contains(&first.as_str());
            let empty = if list { Value::Array(Vec::new()) } else { Value::Object(serde_json::Map::new()) };
            set(table.entry(first.clone()).or_insert(empty), rest, value)
        }
        _ => Err(format!("{first} is inside of something that has no parts")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_set_added_and_taken_out() {
        let read = |text: &str| Setting::read(text).unwrap();
        let without = Setting { path: "policies.b".to_owned(), value: None };
        let settings =
            vec![read("policies.a = \"x\""), read("tool.t.price = 7"), read("tool.u = { price = 1 }"), without];
        let draft = Draft { file: "x".to_owned(), settings };
        let file = "[policies]\nb = 1\n[[tool]]\nid = \"t\"\nprice = 5\nname = \"T\"\n";
        let json: Value = serde_json::from_str(&draft.json(file).unwrap()).unwrap();
        let expected = serde_json::json!({
            "policies": { "a": "x" },
            "tool": [{ "id": "t", "price": 7, "name": "T" }, { "id": "u", "price": 1 }],
        });
        assert_eq!(json, expected);
    }
}
