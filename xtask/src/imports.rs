//! What a module and its script call each other by. wasm-bindgen names what a module imports by what it does and a hash, once in the module and once in
//! the script: hundreds of hashes, which do not compress. Here each is a number, and the script loses its indentation.

use std::{collections::BTreeMap, convert::Infallible};

use anyhow::{Context, Result, anyhow, bail};
use wasm_encoder::{
    ImportSection,
    reencode::{self, Reencode},
};
use wasmparser::{Imports, Parser, Payload};

/// Script and module with short names.
pub fn shortened(script: &str, module: &[u8]) -> Result<(String, Vec<u8>)> {
    let mut short = BTreeMap::new();
    let mut script = script.to_owned();
    for name in hashed(module)? {
        let number = format!("i{}", short.len());
        let named = format!("{name}:");
        if script.matches(&named).count() != 1 || script.matches(&name).count() != 1 {
            bail!("the script does not name the import {name} once");
        }
        script = script.replace(&named, &format!("{number}:"));
        short.insert(name, number);
    }
    let mut named = wasm_encoder::Module::new();
    Renamed { short: &short }
        .parse_core_module(&mut named, Parser::new(0), module)
        .map_err(|error| anyhow!("the module of the script is not WebAssembly: {error}"))?;
    Ok((flush_left(&script), named.finish()))
}

/// The imports whose name ends in a hash.
fn hashed(module: &[u8]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::ImportSection(section) = payload.context("the module of the script is not WebAssembly")? else {
            continue;
        };
        for import in section.into_imports() {
            let name = import.context("an import cannot be read")?.name;
            let hash = name.rsplit_once('_').map_or("", |(_, hash)| hash);
            if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                names.push(name.to_owned());
            }
        }
    }
    Ok(names)
}

/// Without indentation, unless a text of several lines might have some.
fn flush_left(script: &str) -> String {
    if script.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return script.to_owned();
    }
    script.lines().map(|line| format!("{}\n", line.trim_start())).collect()
}

struct Renamed<'a> {
    short: &'a BTreeMap<String, String>,
}

impl Reencode for Renamed<'_> {
    type Error = Infallible;

    fn parse_imports(
        &mut self,
        section: &mut ImportSection,
        imports: Imports<'_>,
    ) -> Result<(), reencode::Error<Infallible>> {
        let imports = match imports {
            Imports::Single(at, mut import) => {
                if let Some(short) = self.short.get(import.name) {
                    import.name = short;
                }
                Imports::Single(at, import)
            }
            others => others,
        };
        reencode::utils::parse_imports(self, section, imports)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_sides_call_it_by_the_same_number() {
        let mut module = wasm_encoder::Module::new();
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let mut imports = ImportSection::new();
        imports.import("./app_bg.js", "__wbg_now_0123456789abcdef", wasm_encoder::EntityType::Function(0));
        imports.import("./app_bg.js", "plain", wasm_encoder::EntityType::Function(0));
        module.section(&imports);
        let module = module.finish();
        let script = "const import0 = {\n    __wbg_now_0123456789abcdef: function() {\n    },\n    plain: 1,\n};\n";
        let (script, module) = shortened(script, &module).unwrap();
        assert_eq!(script, "const import0 = {\ni0: function() {\n},\nplain: 1,\n};\n");
        let read = |payload| match payload {
            Ok(Payload::ImportSection(section)) => section.into_imports().map(|import| import.unwrap().name).collect(),
            _ => Vec::new(),
        };
        let names: Vec<&str> = Parser::new(0).parse_all(&module).flat_map(read).collect();
        assert_eq!(names, ["i0", "plain"]);
        assert!(
            shortened("nothing", &{
                let mut module = wasm_encoder::Module::new();
                module.section(&types).section(&imports);
                module.finish()
            })
            .is_err()
        );
        assert_eq!(flush_left("a\n  `b\n  c`\n"), "a\n  `b\n  c`\n");
    }
}
