//! Completions name every command.

use crate::program::run;

#[test]
fn each_shell_gets_completions_for_each_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(&["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{shell}");
        for command in ["serve", "demo", "check", "quote", "audit", "rebuild", "export", "backup", "import"] {
            assert!(ran.out.contains(command), "{shell}: no {command}");
        }
    }
}
