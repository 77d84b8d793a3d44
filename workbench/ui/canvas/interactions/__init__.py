"""What a person does with the pointer on the canvas: one class a gesture, each started, moved, ended or cancelled."""
