use super::{BLOCK, Carry, Fault, block_at, read_quotes};
use crate::dialect::Dialect;
use crate::index::QuoteFault;
use crate::masks::{InstructionSet, Portable};
use crate::scalar::TokenizerInput;

/// The first `count` bits, drawn as in the documentation of the module.
fn drawn(bits: u64, count: usize) -> String {
    (0..count).map(|bit| if bits >> bit & 1 == 1 { '1' } else { '.' }).collect()
}

fn input<'a>(data: &'a [u8], dialect: &'a Dialect) -> TokenizerInput<'a> {
    TokenizerInput { data, start: 0, soft_end: data.len(), is_last: true, columns: 3, limit: 100, dialect }
}

#[test]
fn the_block_that_is_drawn_is_read_as_drawn() {
    let data = b"a,\"x,\"\"y\",b\n";
    let dialect = Dialect::default();
    let blocks = Portable::new(&dialect);
    let mut tail = [0; BLOCK];
    let block = block_at(data, 0, &mut tail);
    let masks = blocks.masks(block.bytes);
    let mut carry = Carry::RECORD_START;
    let quoting = read_quotes(blocks, &input(data, &dialect), &block, masks, &mut carry);
    let cell_ends = (masks.delimiters | masks.line_ends) & !quoting.inside & quoting.legal;
    let all = [masks.delimiters, masks.quotes, masks.line_ends, quoting.inside, cell_ends];
    assert_eq!(
        all.map(|bits| drawn(bits, data.len())),
        [".1..1....1..", "..1..11.1...", "...........1", "..111.11....", ".1.......1.1"]
    );
    assert!(quoting.fault.is_none());
    assert_eq!((carry.inside, carry.closed), (0, 0));
}

#[test]
fn nothing_behind_the_first_fault_is_legal() {
    let dialect = Dialect::default();
    for (data, fault, legal) in [
        (&b"a\"b,c\n"[..], Fault { kind: QuoteFault::Stray, at: 1 }, "1....."),
        (b"\"a\"b,\"c\n", Fault { kind: QuoteFault::TextAfter, at: 3 }, "111....."),
    ] {
        let blocks = Portable::new(&dialect);
        let mut tail = [0; BLOCK];
        let block = block_at(data, 0, &mut tail);
        let masks = blocks.masks(block.bytes);
        let quoting = read_quotes(blocks, &input(data, &dialect), &block, masks, &mut Carry::RECORD_START.clone());
        assert_eq!((quoting.fault, &drawn(quoting.legal, data.len())[..]), (Some(fault), legal));
    }
}
