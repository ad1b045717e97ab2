use rand::{Rng, SeedableRng};

use super::*;

fn block(outline: Vec<[f64; 2]>, storeys: u32) -> Block {
    let class = UseClass::of_word("residential").expect("in the table");
    Block { number: 0, outline, storeys, storey_height: 3.0, class }
}

fn rectangle() -> Vec<[f64; 2]> {
    vec![[0.0, 0.0], [20.0, 0.0], [20.0, 10.0], [0.0, 10.0]]
}

fn begun() -> Book {
    Book::default().with(Change::Begin { parcel: "P1".into(), name: "A".into(), at: 5 }).unwrap()
}

#[test]
fn numbers_of_a_block_follow_from_its_outline() {
    let block = block(rectangle(), 6);
    // 20 × 10 m, six storeys of 3 m.
    assert_eq!((block.footprint(), block.height(), block.middle()), (200.0, 18.0, [10.0, 5.0]));
    // Pulled to 25 m: 8.33 storeys are eight. Below the ground one storey is left.
    assert_eq!((block.pulled_to(25.0).storeys, block.pulled_to(-4.0).storeys), (8, 1));
    // A quarter turn clockwise about (10, 5): the corner (0, 0) is 10 west and 5 south of the middle, then 5 west
    // and 10 north of it.
    let turned = block.turned(90.0).outline[0];
    assert!((turned[0] - 5.0).abs() < 1e-9 && (turned[1] - 15.0).abs() < 1e-9, "{turned:?}");
    // 30 m along the north-south line, 10 m across.
    let ring = Block::rectangle([0.0, 0.0], 30.0, 10.0, 0.0);
    let most = |k: usize| ring.iter().map(|p| p[k]).fold(f64::MIN, f64::max);
    assert!((most(0) - 5.0).abs() < 1e-9 && (most(1) - 15.0).abs() < 1e-9);
}

#[test]
fn what_cannot_be_built_is_refused_and_nothing_changes() {
    let book = begun();
    let number = book.schemes[0].number;
    let refused = |block: Block| book.with(Change::Add(number, block)).unwrap_err();
    assert_eq!(refused(block(vec![[0.0, 0.0], [1.0, 0.0]], 1)), Refused::NoArea);
    assert_eq!(refused(block(vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], 1)), Refused::NoArea);
    assert_eq!(refused(block(vec![[0.0, 0.0], [f64::NAN, 0.0], [2.0, 9.0]], 1)), Refused::NoArea);
    // A bow tie with unlike halves: its area is not 0.
    assert_eq!(refused(block(vec![[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 20.0]], 1)), Refused::Crossing);
    assert_eq!(refused(block(rectangle(), 0)), Refused::Storeys);
    assert_eq!(refused(Block { storey_height: 0.5, ..block(rectangle(), 2) }), Refused::StoreyHeight);
    assert_eq!(book.with(Change::Remove(number, 9)), Err(Refused::NoBlock));
    assert_eq!(book.with(Change::Discard(1)), Err(Refused::NoScheme));
    let again = Change::Begin { parcel: "P1".into(), name: " A ".into(), at: 9 };
    assert_eq!(book.with(again), Err(Refused::Name));
    // The same name on another parcel is another scheme.
    assert!(book.with(Change::Begin { parcel: "P2".into(), name: "A".into(), at: 5 }).is_ok());
    assert_eq!(book.schemes.len(), 1);
}

#[test]
fn a_copy_goes_its_own_way() {
    let book = begun();
    let first = book.schemes[0].number;
    let book = book.with(Change::Add(first, block(rectangle(), 3))).unwrap();
    // Begun in the same millisecond: still another number.
    let book = book.with(Change::Duplicate { number: first, name: "B".into(), at: 5 }).unwrap();
    let second = book.schemes[1].number;
    assert_ne!(first, second);
    let taller = Block { storeys: 30, ..book.schemes[1].blocks[0].clone() };
    let book = book.with(Change::Replace(second, taller)).unwrap();
    let storeys: Vec<u32> = book.schemes.iter().map(|scheme| scheme.blocks[0].storeys).collect();
    assert_eq!(storeys, [3, 30]);
    assert_eq!(book.free_name("P1", "A"), "A 1");
}

/// A long random session: each undo shows the state before, each redo the one after, to the bit.
#[test]
fn hundreds_of_steps_can_be_undone_and_done_again() {
    let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(7);
    let mut history = History::new(begun());
    let number = history.now().schemes[0].number;
    let mut states = vec![history.now().clone()];
    while states.len() <= 400 {
        let scheme = history.now().scheme(number).unwrap().clone();
        let some =
            (!scheme.blocks.is_empty()).then(|| scheme.blocks[random.random_range(0..scheme.blocks.len())].clone());
        let change = match (random.random_range(0..5), some) {
            (0, Some(old)) => Change::Remove(number, old.number),
            (1, Some(old)) => Change::Replace(number, old.moved([random.random_range(-9.0..9.0), 1.0])),
            (2, Some(old)) => Change::Replace(number, old.pulled_to(random.random_range(0.0..99.0))),
            (3, Some(old)) => Change::Replace(number, old.turned(15.0)),
            _ => Change::Add(number, block(rectangle(), 4)),
        };
        history.step(history.now().with(change).unwrap());
        if history.now() != states.last().unwrap() {
            states.push(history.now().clone());
        }
    }
    assert_eq!(history.undoable(), 400);
    for state in states.iter().rev().skip(1) {
        assert!(history.undo());
        assert_eq!(history.now(), state);
    }
    assert!(!history.undo(), "nothing is left to undo");
    for state in &states[1..] {
        assert!(history.redo());
        assert_eq!(history.now(), state);
    }
    assert!(!history.redo());
    // A new step after an undo forgets what was undone.
    history.undo();
    history.step(states[0].clone());
    assert_eq!(history.redoable(), 0);
}

#[test]
fn a_step_that_changes_nothing_is_none() {
    let mut history = History::new(begun());
    history.step(begun());
    assert_eq!(history.undoable(), 0);
}
