#!/bin/sh
# debian-toolchain.sh DIR: make in DIR a Rust toolchain that knows wasm32-unknown-unknown, out of Debian's
# rustc-web, cargo-web, rust-web-src, clang-22, lld-22 and llvm-22. For machines where rustup cannot fetch the target.
# Needs no root, writes only into DIR, may be run again.
set -eu
tc=$1 w=wasm32-unknown-unknown u=wasm32_unknown_unknown
bin=$(dirname "$(dpkg -L rustc-web | grep '/bin/rustc$')")        # not rustup's shim
lib=$("$bin/rustc" --print sysroot)/lib/rustlib
host=$("$bin/rustc" -vV | sed -n 's/^host: //p')

# 1. Build the standard library once: with bitcode, or fat LTO fails; with `test`, or wasm tests have no libtest.
src=$(mktemp -d); trap 'rm -rf "$src"' EXIT
mkdir "$src/src"; : > "$src/src/lib.rs"
printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n' > "$src/Cargo.toml"
( cd "$src"; unset RUSTUP_TOOLCHAIN CARGO_TARGET_DIR
  RUSTC=$bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes "$bin/cargo" build -q \
    -Zbuild-std=std,panic_abort,test --target $w --release --target-dir target )

# 2. Lay the folder out as a toolchain: links to Debian's parts, plus the new target.
new=$tc.new; rm -rf "$new"
mkdir -p "$new/bin" "$new/lib/rustlib/$w/lib" "$new/lib/rustlib/$host/bin"
cp "$src/target/$w/release/deps/"lib*.rlib "$new/lib/rustlib/$w/lib/"
rm -f "$new/lib/rustlib/$w/lib/"libempty-*
ln -s "$lib/$host/lib" "$new/lib/rustlib/$host/lib"
ln -s "$lib/src" "$new/lib/rustlib/src"
# rustc looks for its wasm linker here.
ln -s "$(command -v wasm-ld-22)" "$new/lib/rustlib/$host/bin/rust-lld"
# Links would not do: rustc finds its sysroot from the place of its own library.
for b in rustc rustdoc; do cat > "$new/bin/$b" <<EOF
#!/bin/sh
d=\$(dirname -- "\$(readlink -f -- "\$0")")
exec $bin/$b --sysroot "\${d%/bin}" "\$@"
EOF
done
cat > "$new/bin/cargo" <<EOF
#!/bin/sh
d=\$(dirname -- "\$(readlink -f -- "\$0")")
export SYSROOT="\${d%/bin}"                                        # for clippy-driver
export CC_$u="\${CC_$u:-clang-22}" AR_$u="\${AR_$u:-llvm-ar-22}"   # for SQLite's C code
exec $bin/cargo "\$@"
EOF
for b in rustfmt cargo-fmt cargo-clippy clippy-driver; do
  if [ -x "$bin/$b" ]; then ln -s "$bin/$b" "$new/bin/$b"; fi
done
chmod +x "$new/bin/rustc" "$new/bin/rustdoc" "$new/bin/cargo"
rm -rf "$tc"; mv "$new" "$tc"
