//! What the module needs in place of an operating system.

use lol_alloc::{FreeListAllocator, LockedAllocator};
use zeroizing_alloc::ZeroAlloc;

/// Wipes every block that is given back: also the copies that the glue makes of what it hands over.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<LockedAllocator<FreeListAllocator>> =
    ZeroAlloc(LockedAllocator::new(FreeListAllocator::new()));

/// A panic ends in a trap, which JavaScript sees as a `RuntimeError`. Its message would cost a third of the module.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
