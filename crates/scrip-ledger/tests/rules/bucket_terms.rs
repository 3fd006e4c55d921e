//! What a bucket allows: how much is in it, and whether its credits move.

use expect_test::expect;

use crate::offers::*;
use crate::story::play;

#[test]
fn what_would_go_above_the_most_of_a_bucket_is_not_given() {
    let mut terms = terms(vec![]);
    with_bucket(&mut terms, "given", |bucket| bucket.at_most = Some(credits("100")));
    play(
        terms,
        expect![[r#"
            customer red in ada                          | ok
            grant ada 101 given                          | bucket_full: given 100
            grant ada 60 given                           | ok
            hold ada 30 as H1                            | ok
            grant ada 41 given                           | bucket_full: given 100
            grant ada 40 given                           | ok
            capture H1                                   | 30 charged
            grant ada 30 given                           | ok
            grant red 90 given                           | ok
            move ada red 11 given                        | bucket_full: given 100
            move ada red 10 given                        | transfer 10
            see ada                                      | given 90
            see red                                      | given 100
        "#]],
    );
}

#[test]
fn credits_of_a_bucket_may_have_to_stay_where_they_are() {
    let mut terms = terms(vec![]);
    with_bucket(&mut terms, "given", |bucket| bucket.transferable = false);
    play(
        terms,
        expect![[r#"
            customer red in ada                          | ok
            grant ada 10 given                           | ok
            grant ada 10 bought                          | ok
            move ada red 5 given                         | not_entitled: given credits of this bucket can't be moved to another customer
            move ada red 5 bought                        | transfer 5
        "#]],
    );
}
