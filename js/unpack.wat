;; Undoes js/build/pack.ts: letters become bytes in place, and the streams that they are become a module behind them.
;; In WebAssembly, because a loop of JavaScript over so many letters takes longer than all the rest of an import; and in one
;; function, since a runtime keeps locals in registers, but neither globals nor what functions hand to each other.
;; Tables: 0 where each stream stands, 128 how long it is, 256 letters, 512 kinds of operands, 768 bytes by rank, 1024 last alignments.
(module
  (memory (export "memory") PAGES)
  (data (i32.const 256) "TABLES")

  (func $letters (param $end i32)
    (local $from i32)
    (local $to i32)
    (local $page i32)
    (local $letter i32)
    (local.set $from (i32.const 2048))
    (local.set $to (i32.const 2048))
    (loop $next
      (local.set $letter (i32.load8_u offset=256 (i32.load8_u (local.get $from))))
      (if (i32.ge_u (local.get $letter) (i32.const 128))
        (then (local.set $page (i32.mul (i32.sub (local.get $letter) (i32.const 127)) (i32.const 88))))
        (else
          (i32.store8 (local.get $to) (i32.load8_u offset=768 (i32.add (local.get $page) (local.get $letter))))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (local.set $page (i32.const 0))))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $end)))))

  (func (export "unpack") (param $to i32) (param $functions i32) (result i32)
    (local $opcodes i32)
    (local $alignments i32)
    (local $offsets i32)
    (local $whole i32)
    (local $start i32)
    (local $depth i32)
    (local $opcode i32)
    (local $kind i32)
    (local $from i32)
    (local $byte i32)
    (local $length i32)
    (call $letters (local.get $to))
    (memory.copy (local.get $to) (i32.load (i32.const 0)) (i32.load (i32.const 128)))
    (local.set $to (i32.add (local.get $to) (i32.load (i32.const 128))))
    (local.set $opcodes (i32.load (i32.const 8)))
    (local.set $alignments (i32.load (i32.const 12)))
    (local.set $offsets (i32.load (i32.const 16)))
    (local.set $whole (i32.load (i32.const 44)))
    (loop $function
      ;; Its length comes in front of it, which is known only when its last block has ended.
      (local.set $start (local.get $to))
      (local.set $to (i32.add (local.get $to) (i32.const 3)))
      (local.set $depth (i32.const 1))
      ;; Its locals are the first that is packed whole.
      (local.set $kind (i32.const 255))
      (loop $next
        (if (i32.eq (local.get $kind) (i32.const 255))
          (then
            (local.set $length (i32.load8_u (local.get $whole)))
            (memory.copy (local.get $to) (i32.add (local.get $whole) (i32.const 1)) (local.get $length))
            (local.set $to (i32.add (local.get $to) (local.get $length)))
            (local.set $whole (i32.add (local.get $whole) (i32.add (local.get $length) (i32.const 1)))))
          (else (if (i32.eq (local.get $kind) (i32.const 1))
            (then
              (local.set $byte (i32.xor (i32.load8_u offset=1024 (local.get $opcode)) (i32.load8_u (local.get $alignments))))
              (local.set $alignments (i32.add (local.get $alignments) (i32.const 1)))
              (i32.store8 offset=1024 (local.get $opcode) (local.get $byte))
              (i32.store8 (local.get $to) (local.get $byte))
              (local.set $to (i32.add (local.get $to) (i32.const 1)))
              (loop $more
                (i32.store8 (local.get $to) (local.tee $byte (i32.load8_u (local.get $offsets))))
                (local.set $offsets (i32.add (local.get $offsets) (i32.const 1)))
                (local.set $to (i32.add (local.get $to) (i32.const 1)))
                (br_if $more (i32.ge_u (local.get $byte) (i32.const 128)))))
            (else (if (local.get $kind)
              (then
                (local.set $from (i32.load (i32.shl (local.get $kind) (i32.const 2))))
                (loop $more
                  (i32.store8 (local.get $to) (local.tee $byte (i32.load8_u (local.get $from))))
                  (local.set $from (i32.add (local.get $from) (i32.const 1)))
                  (local.set $to (i32.add (local.get $to) (i32.const 1)))
                  (br_if $more (i32.ge_u (local.get $byte) (i32.const 128))))
                (i32.store (i32.shl (local.get $kind) (i32.const 2)) (local.get $from))
                ;; Blocks are the tenth stream.
                (local.set $depth (i32.add (local.get $depth) (i32.eq (local.get $kind) (i32.const 10)))))
              (else
                (local.set $depth (i32.sub (local.get $depth) (i32.eq (local.get $opcode) (i32.const 0x0b))))))))))
        (if (local.get $depth)
          (then
            (i32.store8 (local.get $to) (local.tee $opcode (i32.load8_u (local.get $opcodes))))
            (local.set $opcodes (i32.add (local.get $opcodes) (i32.const 1)))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (local.set $kind (i32.load8_u offset=512 (local.get $opcode)))
            (br $next))))
      (local.set $length (i32.sub (i32.sub (local.get $to) (local.get $start)) (i32.const 3)))
      (local.set $to (local.get $start))
      (local.set $byte (local.get $length))
      (loop $more
        (if (i32.ge_u (local.get $byte) (i32.const 128))
          (then
            (i32.store8 (local.get $to) (i32.or (local.get $byte) (i32.const 128)))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (local.set $byte (i32.shr_u (local.get $byte) (i32.const 7)))
            (br $more))))
      (i32.store8 (local.get $to) (local.get $byte))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (memory.copy (local.get $to) (i32.add (local.get $start) (i32.const 3)) (local.get $length))
      (local.set $to (i32.add (local.get $to) (local.get $length)))
      (br_if $function (local.tee $functions (i32.sub (local.get $functions) (i32.const 1)))))
    (memory.copy (local.get $to) (i32.load (i32.const 4)) (i32.load (i32.const 132)))
    (i32.add (local.get $to) (i32.load (i32.const 132)))))
