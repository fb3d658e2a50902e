use super::spec::gicd;
use super::*;

const C: u64 = CPU_INTERFACE;

/// A controller with everything on and all interrupts at priority 0xa0, enabled, to CPU 0.
fn ready(cpus: usize) -> GicV2 {
    let mut g = GicV2::new(cpus);
    write(&mut g, gicd::CTLR, 1);
    for n in 0..u64::from(INTIDS / 32) {
        write(&mut g, gicd::ISENABLER + 4 * n, 0xffff_ffff);
    }
    for n in 0..u64::from(INTIDS / 4) {
        write(&mut g, gicd::ITARGETSR + 4 * n, 0x0101_0101);
    }
    for cpu in 0..cpus {
        g.select_cpu(cpu);
        for n in 0..u64::from(INTIDS / 4) {
            write(&mut g, gicd::IPRIORITYR + 4 * n, 0xa0a0_a0a0);
        }
        write(&mut g, C + gicc::CTLR, 1);
        write(&mut g, C + gicc::PMR, 0xf0);
    }
    g.select_cpu(0);
    g
}

fn write(g: &mut GicV2, offset: u64, v: u64) {
    g.write(0, offset, 2, v);
}

fn read(g: &mut GicV2, offset: u64) -> u64 {
    g.read(0, offset, 2)
}

fn ack(g: &mut GicV2) -> u64 {
    read(g, C + gicc::IAR)
}

fn irq(g: &GicV2) -> bool {
    g.cpu_lines(0).irq
}

#[test]
fn level_interrupt_stays_until_the_line_falls() {
    let mut g = ready(1);
    g.set_shared(33, true);
    assert!(irq(&g));
    assert_eq!(ack(&mut g), 33);
    assert!(!irq(&g), "active");
    write(&mut g, C + gicc::EOIR, 33);
    assert!(irq(&g), "the line is still high");
    assert_eq!(ack(&mut g), 33);
    g.set_shared(33, false);
    write(&mut g, C + gicc::EOIR, 33);
    assert!(!irq(&g));
    assert_eq!(ack(&mut g), 1023);
}

#[test]
fn edge_interrupt_is_latched_once() {
    let mut g = ready(1);
    write(&mut g, gicd::ICFGR + 8, 2); // 32
    assert_eq!(read(&mut g, gicd::ICFGR + 8), 2);
    g.set_shared(32, true);
    g.set_shared(32, false);
    assert_eq!(ack(&mut g), 32);
    g.set_shared(32, true);
    write(&mut g, C + gicc::EOIR, 32);
    assert_eq!(ack(&mut g), 32, "an edge while active");
    write(&mut g, C + gicc::EOIR, 32);
    assert_eq!(ack(&mut g), 1023);
}

#[test]
fn higher_priority_preempts_by_group_priority_only() {
    let mut g = ready(1);
    g.write(0, gicd::IPRIORITYR + 40, 0, 0x98);
    g.write(0, gicd::IPRIORITYR + 41, 0, 0x40);
    write(&mut g, C + gicc::BPR, 5); // groups of 0x40
    g.set_shared(50, true);
    assert_eq!(ack(&mut g), 50);
    g.set_shared(40, true);
    assert!(!irq(&g), "0x98 is in the group of 0xa0");
    g.set_shared(41, true);
    assert!(irq(&g));
    assert_eq!(ack(&mut g), 41);
    assert_eq!(read(&mut g, C + gicc::RPR), 0x40);
    write(&mut g, C + gicc::EOIR, 41);
    assert_eq!(read(&mut g, C + gicc::RPR), 0x80, "back to the outer one");
    write(&mut g, C + gicc::PMR, 0x40);
    write(&mut g, C + gicc::EOIR, 50);
    assert!(!irq(&g), "a priority equal to the mask is masked");
    assert_eq!(read(&mut g, C + gicc::RPR), 0xff);
    assert_eq!(read(&mut g, C + gicc::HPPIR), 41);
}

#[test]
fn lowest_id_wins_among_equals() {
    let mut g = ready(1);
    g.set_shared(60, true);
    g.set_private(0, 27, true);
    assert_eq!(ack(&mut g), 27);
}

#[test]
fn eoi_mode_separates_drop_and_deactivation() {
    let mut g = ready(1);
    write(&mut g, C + gicc::CTLR, 0x201);
    g.set_shared(33, true);
    assert_eq!(ack(&mut g), 33);
    write(&mut g, C + gicc::EOIR, 33);
    assert_eq!(read(&mut g, C + gicc::RPR), 0xff);
    assert!(!irq(&g), "still active");
    assert_eq!(read(&mut g, gicd::ISACTIVER + 4), 2);
    write(&mut g, C + gicc::DIR, 33);
    assert!(irq(&g));
}

#[test]
fn sgi_carries_its_source_and_is_banked() {
    let mut g = ready(4);
    g.select_cpu(2);
    write(&mut g, gicd::SGIR, 0x0001_0005);
    g.select_cpu(3);
    write(&mut g, gicd::SGIR, 0x0100_0005); // all others
    assert_eq!(g.cpu_lines(3), CpuLines::default());
    assert!(g.cpu_lines(1).irq);
    g.select_cpu(0);
    assert_eq!(ack(&mut g), 2 << 10 | 5);
    write(&mut g, C + gicc::EOIR, 2 << 10 | 5);
    assert_eq!(ack(&mut g), 3 << 10 | 5);
    assert_eq!(read(&mut g, gicd::SPENDSGIR + 4), 0);
}

#[test]
fn targets_route_shared_interrupts() {
    let mut g = ready(2);
    g.write(0, gicd::ITARGETSR + 40, 0, 0xff);
    assert_eq!(g.read(0, gicd::ITARGETSR + 40, 0), 3, "only CPUs that exist");
    g.write(0, gicd::ITARGETSR + 40, 0, 2);
    g.set_shared(40, true);
    assert!(!g.cpu_lines(0).irq && g.cpu_lines(1).irq);
    g.select_cpu(1);
    assert_eq!(read(&mut g, gicd::ITARGETSR), 0x0202_0202, "private ones are mine");
    assert_eq!(read(&mut g, gicd::TYPER), 1 << 5 | 8);
}

#[test]
fn groups_go_to_fiq_and_irq() {
    let mut g = ready(1);
    write(&mut g, gicd::CTLR, 3);
    write(&mut g, C + gicc::CTLR, 0xb);
    write(&mut g, gicd::IGROUPR + 4, 1 << 8);
    g.set_shared(40, true);
    assert_eq!(g.cpu_lines(0), CpuLines { irq: true, fiq: false });
    assert_eq!(ack(&mut g), 1022);
    g.set_shared(39, true);
    assert_eq!(g.cpu_lines(0), CpuLines { irq: false, fiq: true });
    assert_eq!(ack(&mut g), 39);
    write(&mut g, C + gicc::EOIR, 39);
    g.set_shared(39, false);
    assert_eq!(read(&mut g, C + gicc::AIAR), 40);
}

#[test]
fn disabling_and_clearing() {
    let mut g = ready(1);
    write(&mut g, gicd::ISPENDR + 4, 4);
    assert!(irq(&g), "software made 34 pending");
    write(&mut g, gicd::ICENABLER + 4, 4);
    assert!(!irq(&g));
    write(&mut g, gicd::ISENABLER + 4, 4);
    write(&mut g, gicd::ICPENDR + 4, 4);
    assert!(!irq(&g));
    write(&mut g, gicd::ICENABLER, 0xffff_ffff);
    assert_eq!(read(&mut g, gicd::ISENABLER), 0xffff, "SGIs stay enabled");
    assert_eq!(read(&mut g, 0xfe8), 0x2b, "architecture revision 2");
}

#[test]
fn hostile_accesses_do_nothing() {
    let mut g = ready(2);
    for offset in (0..0x2_0000u64).chain([u64::MAX - 1, u64::MAX]) {
        for size in 0..4 {
            g.write(0, offset, size, 0x5a5a_a5a5_ffff_0001 ^ offset);
            let _ = g.read(0, offset, size);
        }
    }
    g.set_shared(u32::MAX, true);
    g.set_private(9, 99, true);
    g.select_cpu(usize::MAX);
    g.reset();
    assert_eq!(g.cpu_lines(7), CpuLines::default());
}
