//! A local stand-in for the Supabase services the client uses.
