# Symbols of functions, one a line, without what differs from build to build and from crate to crate: the hashes that tell
# crates of one name apart, the references back into the symbol (which count its bytes), and the linker's numbers. Nor do
# the numbers that tell the impls of a module apart count: they differ when a module gains one.
function plain(symbol) {
    gsub(/Cs[0-9A-Za-z]+_/, "", symbol)
    gsub(/B[0-9A-Za-z]*_/, "", symbol)
    gsub(/Ms[0-9A-Za-z]*_N/, "MN", symbol)
    gsub(/Xs[0-9A-Za-z]*_N/, "XN", symbol)
    sub(/\.[0-9]+$/, "", symbol)
    return symbol
}
