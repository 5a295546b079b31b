;; Undoes js/packing.ts in place: a table of 256 bytes, then one of 128 letters, then the text, which becomes the bytes.
;; In WebAssembly, because a loop of JavaScript over so many letters takes longer than all the rest of an import.
(module
  (memory (export "memory") 1)
  (func (export "unpack") (param $end i32) (result i32)
    (local $from i32)
    (local $to i32)
    (local $page i32)
    (local $letter i32)
    (local.set $from (i32.const 384))
    (local.set $to (i32.const 384))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $letter (i32.load8_u offset=256 (i32.load8_u (local.get $from))))
        (if (i32.ge_u (local.get $letter) (i32.const 128))
          (then (local.set $page (i32.mul (i32.sub (local.get $letter) (i32.const 127)) (i32.const 88))))
          (else
            (i32.store8 (local.get $to) (i32.load8_u (i32.add (local.get $page) (local.get $letter))))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (local.set $page (i32.const 0))))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br $next)))
    (local.get $to)))
