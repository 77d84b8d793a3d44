"""What is selected: its settings, its pictures, its code; of nothing selected, the project and its recipe."""
