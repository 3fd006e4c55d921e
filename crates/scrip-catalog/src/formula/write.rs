use super::tree::{Number, Truth};
pub(super) fn number(_of: &Number, _names: &dyn Fn(&str) -> Option<String>) -> String {
    String::new()
}
pub(super) fn truth(_of: &Truth, _names: &dyn Fn(&str) -> Option<String>) -> String {
    String::new()
}
