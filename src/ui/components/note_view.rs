//! A note, built anew from harmless pieces: foreign markup is never inserted.

use leptos::prelude::*;

use crate::domain::note_text::{self, Block, Piece};

/// A note.
#[component]
pub fn NoteView(
    /// As stored.
    html: String,
) -> impl IntoView {
    let blocks = note_text::blocks(&html).into_iter().map(block).collect_view();
    view! { <div class="note-text">{blocks}</div> }
}

fn block(block: Block) -> impl IntoView {
    let pieces = block.pieces.into_iter().map(piece).collect_view();
    view! { <p class:item=block.item>{pieces}</p> }
}

fn piece(piece: Piece) -> AnyView {
    match piece {
        Piece::Text { text, strong: true, .. } => view! { <strong>{text}</strong> }.into_any(),
        Piece::Text { text, slanted: true, .. } => view! { <em>{text}</em> }.into_any(),
        Piece::Text { text, .. } => text.into_any(),
        Piece::Link { href, text } => {
            view! { <a href=href rel="external noopener noreferrer" target="_blank">{text}</a> }.into_any()
        }
        Piece::Image { src, alt } => view! { <img src=src alt=alt loading="lazy" /> }.into_any(),
        Piece::Break => view! { <br /> }.into_any(),
    }
}
